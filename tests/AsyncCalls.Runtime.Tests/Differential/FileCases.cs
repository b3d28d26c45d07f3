namespace AsyncCalls.Runtime.Tests.Differential;

/// <summary>Open files and memory.</summary>
internal static unsafe class FileCases
{
    private static readonly string[] Handles =
    [
        "file", "read-only", "write-only", "append", "directory", "null device", "epoll",
        "pipe with data", "pipe to write", "pipe without peer", "pipe without reader", "pipe, non-blocking", "socket with data", "socket, non-blocking", "missing", "negative",
    ];

    public static IEnumerable<Case> All() => [.. Transfers(), .. Direct(), .. Vectored(), .. OnFiles(), .. Moving()];

    private static List<Case> Transfers()
    {
        var cases = new List<Case>();
        foreach (string kind in Handles)
        {
            foreach (long length in (long[])[0, 5, 300, 1L << 33])
            {
                cases.Add(new(CallOperation.Read, $"{length} of {kind}", scene =>
                {
                    int fd = scene.Fd(kind);
                    byte* buffer = scene.Out(300);
                    return new(() => Native.read(fd, buffer, (nuint)length), Raw.Block(CallOperation.Read, fd, buffer, length, -1));
                }));
                foreach (long offset in (long[])[0, 95, 100, 5_000, -1, -2, long.MinValue, long.MaxValue])
                {
                    cases.Add(new(CallOperation.ReadAt, $"{length} at {offset} of {kind}", scene =>
                    {
                        int fd = scene.Fd(kind);
                        byte* buffer = scene.Out(300);
                        return new(() => Native.pread(fd, buffer, (nuint)length, offset), Raw.Block(CallOperation.ReadAt, fd, buffer, length, offset));
                    }));
                }
            }

            foreach (int length in (int[])[0, 5, 300])
            {
                cases.Add(new(CallOperation.Write, $"{length} to {kind}", scene =>
                {
                    int fd = scene.Fd(kind);
                    byte* buffer = scene.Memory(300);
                    return new(() => Native.write(fd, buffer, (nuint)length), Raw.Block(CallOperation.Write, fd, buffer, length, -1));
                }));
                foreach (long offset in (long[])[0, 95, 5_000, -1, long.MinValue, long.MaxValue])
                {
                    cases.Add(new(CallOperation.WriteAt, $"{length} at {offset} to {kind}", scene =>
                    {
                        int fd = scene.Fd(kind);
                        byte* buffer = scene.Memory(300);
                        return new(() => Native.pwrite(fd, buffer, (nuint)length, offset), Raw.Block(CallOperation.WriteAt, fd, buffer, length, offset));
                    }));
                }
            }
        }

        cases.Add(new(CallOperation.Read, "to no memory", scene =>
        {
            int fd = scene.Fd("file");
            return new(() => Native.read(fd, null, 5), Raw.Block(CallOperation.Read, fd, null, 5, -1));
        }));

        return cases;
    }

    /// <summary>O_DIRECT, with memory and lengths that a device takes, and others.</summary>
    private static List<Case> Direct()
    {
        var cases = new List<Case>();
        foreach (long offset in (long[])[0, 512, 4_096, 8_192, 100, -1, long.MinValue, long.MaxValue])
        {
            foreach (int length in (int[])[0, 512, 4_096, 8_192, 100])
            {
                cases.Add(new(CallOperation.ReadAt, $"{length} at {offset} of pages of direct", scene =>
                {
                    int fd = scene.Fd("direct");
                    byte* buffer = scene.Pages(8_192);
                    return new(() => Native.pread(fd, buffer, (nuint)length, offset), Raw.Block(CallOperation.ReadAt, fd, buffer, length, offset));
                }));
                cases.Add(new(CallOperation.WriteAt, $"{length} at {offset} of pages to direct", scene =>
                {
                    int fd = scene.Fd("direct");
                    byte* buffer = scene.Pages(8_192);
                    return new(() => Native.pwrite(fd, buffer, (nuint)length, offset), Raw.Block(CallOperation.WriteAt, fd, buffer, length, offset));
                }));
                cases.Add(new(CallOperation.ReadVectoredAt, $"{length} at {offset} of pages of direct", scene =>
                {
                    int fd = scene.Fd("direct");
                    byte* vectors = scene.PageVectors(4_096, length);
                    return new(() => Libc.preadv(fd, vectors, 2, offset), Raw.Block(CallOperation.ReadVectoredAt, fd, vectors, 2, offset));
                }));
                cases.Add(new(CallOperation.WriteVectoredAt, $"{length} at {offset} of pages to direct", scene =>
                {
                    int fd = scene.Fd("direct");
                    byte* vectors = scene.PageVectors(4_096, length);
                    return new(() => Libc.pwritev(fd, vectors, 2, offset), Raw.Block(CallOperation.WriteVectoredAt, fd, vectors, 2, offset));
                }));
            }
        }

        return cases;
    }

    private static List<Case> Vectored()
    {
        var cases = new List<Case>();
        foreach (string kind in Handles)
        {
            foreach (int count in (int[])[2, 1, -1, 2_000])
            {
                cases.Add(new(CallOperation.ReadVectored, $"{count} of {kind}", scene =>
                {
                    int fd = scene.Fd(kind);
                    byte* vectors = scene.Vectors(3, 40);
                    return new(() => Libc.readv(fd, vectors, count), Raw.Block(CallOperation.ReadVectored, fd, vectors, count, -1));
                }));
                cases.Add(new(CallOperation.WriteVectored, $"{count} to {kind}", scene =>
                {
                    int fd = scene.Fd(kind);
                    byte* vectors = scene.Vectors(3, 40);
                    return new(() => Libc.writev(fd, vectors, count), Raw.Block(CallOperation.WriteVectored, fd, vectors, count, -1));
                }));
            }

            foreach (long offset in (long[])[0, 98, -1, long.MaxValue])
            {
                cases.Add(new(CallOperation.ReadVectoredAt, $"at {offset} of {kind}", scene =>
                {
                    int fd = scene.Fd(kind);
                    byte* vectors = scene.Vectors(3, 40);
                    return new(() => Libc.preadv(fd, vectors, 2, offset), Raw.Block(CallOperation.ReadVectoredAt, fd, vectors, 2, offset));
                }));
                cases.Add(new(CallOperation.WriteVectoredAt, $"at {offset} to {kind}", scene =>
                {
                    int fd = scene.Fd(kind);
                    byte* vectors = scene.Vectors(3, 40);
                    return new(() => Libc.pwritev(fd, vectors, 2, offset), Raw.Block(CallOperation.WriteVectoredAt, fd, vectors, 2, offset));
                }));

                // RWF_HIPRI, RWF_DSYNC, RWF_SYNC, RWF_APPEND, and one that does not exist.
                foreach (int flags in (int[])[0, 1, 2, 4, 16, 1 << 30])
                {
                    cases.Add(new(CallOperation.ReadVectoredWithFlags, $"at {offset} with {flags} of {kind}", scene =>
                    {
                        int fd = scene.Fd(kind);
                        byte* vectors = scene.Vectors(3, 40);
                        return new(() => Libc.preadv2(fd, vectors, 2, offset, flags), Raw.Block(CallOperation.ReadVectoredWithFlags, fd, vectors, 2, offset, flags: flags));
                    }));
                    cases.Add(new(CallOperation.WriteVectoredWithFlags, $"at {offset} with {flags} to {kind}", scene =>
                    {
                        int fd = scene.Fd(kind);
                        byte* vectors = scene.Vectors(3, 40);
                        return new(() => Libc.pwritev2(fd, vectors, 2, offset, flags), Raw.Block(CallOperation.WriteVectoredWithFlags, fd, vectors, 2, offset, flags: flags));
                    }));
                }
            }
        }

        return cases;
    }

    private static List<Case> OnFiles()
    {
        var cases = new List<Case>();
        foreach (string kind in Handles)
        {
            cases.Add(new(CallOperation.Sync, kind, scene =>
            {
                int fd = scene.Fd(kind);
                return new(() => Native.fsync(fd), Raw.Block(CallOperation.Sync, fd));
            }));
            cases.Add(new(CallOperation.DataSync, kind, scene =>
            {
                int fd = scene.Fd(kind);
                return new(() => Native.fdatasync(fd), Raw.Block(CallOperation.DataSync, fd));
            }));
            foreach (long length in (long[])[0, 37, 5_003, -1, long.MaxValue])
            {
                cases.Add(new(CallOperation.Truncate, $"{kind} to {length}", scene =>
                {
                    int fd = scene.Fd(kind);
                    return new(() => Native.ftruncate(fd, length), Raw.Block(CallOperation.Truncate, fd, length: length));
                }));
            }

            foreach ((int mode, long offset, long length) in ((int, long, long)[])[(0, 307, 1_009), (0, 13, 5), (1, 409, 2_003), (3, 17, 29), (0, -3, 5), (0, 3, -5), (0, 3, 0), (77, 3, 5), (0, long.MaxValue, 3)])
            {
                cases.Add(new(CallOperation.Allocate, $"{kind} {mode} {offset} {length}", scene =>
                {
                    int fd = scene.Fd(kind);
                    return new(() => Native.fallocate(fd, mode, offset, length), Raw.Block(CallOperation.Allocate, fd, length: length, offset: offset, flags: mode));
                }));
            }

            foreach ((long offset, long length, int flags) in ((long, long, int)[])[(0, 10, 7), (0, 0, 2), (-1, 5, 2), (3, -5, 2), (0, 10, 99), (1L << 40, 1L << 40, 2), (long.MaxValue, 5, 2)])
            {
                cases.Add(new(CallOperation.SyncRange, $"{kind} {offset} {length} {flags}", scene =>
                {
                    int fd = scene.Fd(kind);
                    return new(() => Libc.sync_file_range(fd, offset, length, (uint)flags), Raw.Block(CallOperation.SyncRange, fd, length: length, offset: offset, flags: flags));
                }));
            }

            foreach ((long offset, long length, int advice) in ((long, long, int)[])[(0, 10, 0), (0, 0, 1), (5, 5, 2), (0, 100, 3), (0, 100, 4), (0, 100, 5), (0, 10, 99), (0, -1, 0), (-1, 5, 0), (0, 1L << 40, 3)])
            {
                cases.Add(new(CallOperation.AdviseFile, $"{kind} {offset} {length} {advice}", scene =>
                {
                    int fd = scene.Fd(kind);
                    return new(() => -Libc.posix_fadvise(fd, offset, length, advice), Raw.Block(CallOperation.AdviseFile, fd, length: length, offset: offset, flags: advice));
                }));
            }
        }

        foreach ((int shift, long length, int advice) in ((int, long, int)[])[(0, 4_096, 0), (0, 4_096, 1), (0, 4_096, 3), (0, 4_096, 4), (0, 8_192, 4), (0, 0, 4), (0, 4_096, 999), (1, 4_096, 4), (0, 1L << 46, 3), (0, -1, 4)])
        {
            cases.Add(new(CallOperation.AdviseMemory, $"{shift} {length} {advice}", scene =>
            {
                byte* pages = scene.Pages(8_192) + shift;
                return new(() => Libc.madvise(pages, (nuint)length, advice), Raw.Block(CallOperation.AdviseMemory, 0, pages, length, flags: advice));
            }));
        }

        cases.Add(new(CallOperation.Nop, "", _ => new(() => 0, Iocb.Nop())));
        cases.Add(new(CallOperation.Syscall, "getppid", _ => new(() => Libc.syscall(Parent, 0, 0, 0, 0, 0, 0), Iocb.Syscall(Parent))));
        cases.Add(new(CallOperation.Syscall, "that does not exist", _ => new(() => Libc.syscall(5_000, 0, 0, 0, 0, 0, 0), Iocb.Syscall(5_000))));
        foreach (string kind in (string[])["missing", "negative"])
        {
            cases.Add(new(CallOperation.Close, kind, scene =>
            {
                int fd = scene.Fd(kind);
                return new(() => Native.close(fd), Raw.Block(CallOperation.Close, fd));
            }));
        }

        cases.Add(new(CallOperation.Close, "a file", scene =>
        {
            int fd = Native.open(scene.In("data"), Native.CloseOnExec, 0);

            // The number may be another file's by now: other tests open some.
            scene.Note(() => new FileInfo($"/proc/self/fd/{fd}").LinkTarget == scene.In("data") ? "open" : "closed");
            return new(() => Native.close(fd), Raw.Block(CallOperation.Close, fd));
        }));

        return cases;
    }

    private static List<Case> Moving()
    {
        var cases = new List<Case>();
        (string From, long FromOffset, string To, long ToOffset)[] ways =
        [
            ("file", 3, "pipe to write", -1), ("file", -1, "pipe to write", -1), ("pipe with data", -1, "file", 50), ("pipe with data", -1, "write-only", -1),
            ("pipe with data", -1, "pipe to write", -1), ("file", 3, "file", 4), ("directory", -1, "pipe to write", -1), ("pipe with data", 3, "file", 4),
            ("pipe without peer", -1, "file", 0), ("pipe with data", -1, "append", -1), ("missing", -1, "pipe to write", -1), ("file", 0, "missing", -1), ("socket with data", -1, "pipe to write", -1),
            ("pipe with data", -1, "pipe without reader", -1), ("file", -5, "pipe to write", -1),
        ];
        foreach ((string from, long fromOffset, string to, long toOffset) in ways)
        {
            foreach ((long length, uint flags) in ((long, uint)[])[(5, 0), (100, 0), (0, 0), (5, 1), (5, 0x100)])
            {
                cases.Add(new(CallOperation.Splice, $"{length} from {from} at {fromOffset} to {to} at {toOffset} with {flags}", scene =>
                {
                    (int a, int b) = (scene.Fd(from), scene.Fd(to));
                    return new(
                        () =>
                        {
                            (long x, long y) = (fromOffset, toOffset);
                            return Libc.splice(a, x == -1 ? null : &x, b, y == -1 ? null : &y, (nuint)length, flags);
                        },
                        Raw.Block(CallOperation.Splice, a, length: length, offset: fromOffset, sixth: toOffset, flags: flags, second: b));
                }));
                cases.Add(new(CallOperation.Tee, $"{length} from {from} to {to} with {flags}", scene =>
                {
                    (int a, int b) = (scene.Fd(from), scene.Fd(to));
                    return new(() => Libc.tee(a, b, (nuint)length, flags), Raw.Block(CallOperation.Tee, a, length: length, flags: flags, second: b));
                }));
            }
        }

        foreach (int flags in (int[])[0, Native.CloseOnExec, 0x800, 0x4000, 1])
        {
            cases.Add(new(CallOperation.Pipe, $"{flags}", scene =>
            {
                int* ends = (int*)scene.Memory(8);
                scene.Note(() => ends[0] == 0 ? "no pipe" : $"{scene.DescribeOpened(ends[0])}, {scene.DescribeOpened(ends[1])}");
                return new(() => Libc.pipe2(ends, flags), Raw.Block(CallOperation.Pipe, 0, ends, flags: flags));
            }));
        }

        cases.Add(new(CallOperation.Pipe, "to no memory", _ => new(() => Libc.pipe2(null, 0), Raw.Block(CallOperation.Pipe))));

        return cases;
    }

    private static int Parent => System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64 ? 110 : 173;
}
