namespace AsyncCalls.Runtime.Tests.Differential;

/// <summary>Files by their paths, and attributes.</summary>
internal static unsafe class PathCases
{
    private static readonly (string Directory, string Path)[] Places =
    [
        ("directory", "data"), ("directory", "missing"), ("directory", "full"), ("directory", "link"), ("directory", "full/inside"), ("directory", "data/below"), ("directory", ""), ("directory", "full/"),
        ("file", "data"), ("missing", "data"), ("missing", "~/data"), ("cwd", "~/data"), ("cwd", "~/missing/deep"), ("cwd", "/" + new string('n', 300)), ("cwd", "no memory"),
    ];

    public static IEnumerable<Case> All() => [.. Opening(), .. Making(), .. Pairs(), .. Attributes()];

    private static int At(Scene scene, string directory) => directory == "cwd" ? Libc.WorkingDirectory : scene.Fd(directory);

    private static byte* Path(Scene scene, string path) => path == "no memory" ? null : scene.Text(path);

    private static List<Case> Opening()
    {
        var cases = new List<Case>();
        foreach ((string directory, string path) in Places)
        {
            foreach ((int flags, uint mode) in ((int, uint)[])[(0, 0), (0x80001, 0), (0x80042, 0x1A0), (0x800C2, 0x1A0), (0x80401, 0), (0x90000, 0), (0x80201, 0), (-1, 0)])
            {
                cases.Add(new(CallOperation.OpenAt, $"{directory} {path} 0x{flags:x}", scene =>
                {
                    int at = At(scene, directory);
                    byte* name = Path(scene, path);
                    return new(() => Libc.openat(at, name, flags, mode), Raw.Block(CallOperation.OpenAt, at, path: name, flags: flags, mode: mode));
                }));
            }

            // flags, mode, resolve (RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH, one that does not exist), size
            foreach ((ulong flags, ulong mode, ulong resolve, int size) in ((ulong, ulong, ulong, int)[])[(0x80000, 0, 0, 24), (0x80042, 0x1A0, 0, 24), (0x80000, 0x1A0, 0, 24), (0x80000, 0, 4, 24), (0x80000, 0, 8, 24), (0x80000, 0, 1 << 20, 24), (0x80000, 0, 0, 8), (0x80000, 0, 0, 32), (0x80000, 0, 0, -1)])
            {
                cases.Add(new(CallOperation.OpenAt2, $"{directory} {path} 0x{flags:x} {resolve} {size}", scene =>
                {
                    int at = At(scene, directory);
                    byte* name = Path(scene, path);
                    ulong* how = (ulong*)scene.Memory(64);
                    (how[0], how[1], how[2]) = (flags, mode, resolve);
                    return new(() => Libc.syscall(437, at, (nint)name, (nint)how, size, 0, 0), Raw.Block(CallOperation.OpenAt2, at, how, size, path: name));
                }));
            }

            // AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, AT_STATX_DONT_SYNC, one that does not exist
            foreach ((int flags, uint mask) in ((int, uint)[])[(0, 0x7FF), (0x100, 0x7FF), (0x1000, 0x7FF), (0x4000, 0x1), (1 << 25, 0x7FF), (0, 0x80000000)])
            {
                cases.Add(new(CallOperation.StatX, $"{directory} {path} 0x{flags:x} 0x{mask:x}", scene =>
                {
                    int at = At(scene, directory);
                    byte* name = Path(scene, path);
                    byte* result = scene.Memory(256);

                    // Not times and numbers of the file, which differ.
                    scene.Note(() => $"mode {*(ushort*)(result + 28):x} links {*(uint*)(result + 16)} bytes {*(ulong*)(result + 40)} user {*(uint*)(result + 20)}");
                    return new(() => Libc.statx(at, name, flags, mask, result), Raw.Block(CallOperation.StatX, at, result, path: name, flags: flags, mode: mask));
                }));
            }
        }

        cases.Add(new(CallOperation.StatX, "into no memory", scene =>
        {
            byte* name = scene.Text("~/data");
            return new(() => Libc.statx(Libc.WorkingDirectory, name, 0, 1, null), Raw.Block(CallOperation.StatX, Libc.WorkingDirectory, path: name, mode: 1));
        }));

        return cases;
    }

    private static List<Case> Making()
    {
        var cases = new List<Case>();
        foreach ((string directory, string path) in Places)
        {
            foreach (int flags in (int[])[0, 0x200, 77])
            {
                cases.Add(new(CallOperation.UnlinkAt, $"{directory} {path} {flags}", scene =>
                {
                    int at = At(scene, directory);
                    byte* name = Path(scene, path);
                    return new(() => Libc.unlinkat(at, name, flags), Raw.Block(CallOperation.UnlinkAt, at, path: name, flags: flags));
                }));
            }

            foreach (uint mode in (uint[])[0x1C0, 0x1ED, 0xFFFF])
            {
                cases.Add(new(CallOperation.MkDirAt, $"{directory} {path} 0x{mode:x}", scene =>
                {
                    int at = At(scene, directory);
                    byte* name = Path(scene, path);
                    return new(() => Libc.mkdirat(at, name, mode), Raw.Block(CallOperation.MkDirAt, at, path: name, mode: mode));
                }));
            }

            foreach (string target in (string[])["data", "nowhere", "", "no memory"])
            {
                cases.Add(new(CallOperation.SymLinkAt, $"{target} by {directory} {path}", scene =>
                {
                    byte* to = Path(scene, target);
                    int at = At(scene, directory);
                    byte* name = Path(scene, path);
                    return new(() => Libc.symlinkat(to, at, name), Raw.Block(CallOperation.SymLinkAt, at, name, path: to));
                }));
            }
        }

        return cases;
    }

    private static List<Case> Pairs()
    {
        var cases = new List<Case>();
        foreach ((string fromDirectory, string from) in Places)
        {
            foreach ((string toDirectory, string to) in ((string, string)[])[("directory", "made"), ("directory", "data"), ("directory", "full"), ("directory", "full/made"), ("cwd", "~/missing/made"), ("missing", "made"), ("directory", "no memory")])
            {
                // RENAME_NOREPLACE, RENAME_EXCHANGE, both, one that does not exist
                foreach (uint flags in (uint[])[0, 1, 2, 3, 77])
                {
                    cases.Add(new(CallOperation.RenameAt, $"{fromDirectory} {from} to {toDirectory} {to} {flags}", scene =>
                    {
                        int a = At(scene, fromDirectory);
                        byte* x = Path(scene, from);
                        int b = At(scene, toDirectory);
                        byte* y = Path(scene, to);
                        return new(() => Libc.renameat2(a, x, b, y, flags), Raw.Block(CallOperation.RenameAt, a, y, path: x, flags: flags, second: b));
                    }));
                }

                // AT_SYMLINK_FOLLOW, one that does not exist
                foreach (int flags in (int[])[0, 0x400, 77])
                {
                    cases.Add(new(CallOperation.LinkAt, $"{fromDirectory} {from} to {toDirectory} {to} {flags}", scene =>
                    {
                        int a = At(scene, fromDirectory);
                        byte* x = Path(scene, from);
                        int b = At(scene, toDirectory);
                        byte* y = Path(scene, to);
                        return new(() => Libc.linkat(a, x, b, y, flags), Raw.Block(CallOperation.LinkAt, a, y, path: x, flags: flags, second: b));
                    }));
                }
            }
        }

        return cases;
    }

    private static List<Case> Attributes()
    {
        var cases = new List<Case>();
        foreach (string name in (string[])["user.known", "user.new", "bad", "user." + new string('n', 300), "no memory"])
        {
            foreach (int size in (int[])[0, 2, 5, 64, 70_000])
            {
                foreach (string kind in (string[])["file", "read-only", "directory", "pipe with data", "missing"])
                {
                    cases.Add(new(CallOperation.GetAttributeOfFile, $"{name} {size} of {kind}", scene =>
                    {
                        int fd = Known(scene).Fd(kind);
                        byte* text = Path(scene, name);
                        byte* value = scene.Out(64);
                        return new(() => Libc.fgetxattr(fd, text, value, (nuint)size), Raw.Block(CallOperation.GetAttributeOfFile, fd, value, size, path: text));
                    }));
                    foreach (int flags in (int[])[0, 1, 2, 99])
                    {
                        cases.Add(new(CallOperation.SetAttributeOfFile, $"{name} {size} {flags} of {kind}", scene =>
                        {
                            int fd = Known(scene).Fd(kind);
                            byte* text = Path(scene, name);
                            byte* value = scene.Memory(64);
                            return new(() => Libc.fsetxattr(fd, text, value, (nuint)Math.Min(size, 64), flags), Raw.Block(CallOperation.SetAttributeOfFile, fd, value, Math.Min(size, 64), path: text, flags: flags));
                        }));
                    }
                }

                foreach (string path in (string[])["~/data", "~/missing", "~/full", "no memory"])
                {
                    cases.Add(new(CallOperation.GetAttribute, $"{name} {size} of {path}", scene =>
                    {
                        byte* file = Path(Known(scene), path);
                        byte* text = Path(scene, name);
                        byte* value = scene.Out(64);
                        return new(() => Libc.getxattr(file, text, value, (nuint)size), Raw.Block(CallOperation.GetAttribute, 0, value, size, path: text, sixth: (long)file));
                    }));
                    foreach (int flags in (int[])[0, 1, 2, 99])
                    {
                        cases.Add(new(CallOperation.SetAttribute, $"{name} {size} {flags} of {path}", scene =>
                        {
                            byte* file = Path(Known(scene), path);
                            byte* text = Path(scene, name);
                            byte* value = scene.Memory(64);
                            return new(() => Libc.setxattr(file, text, value, (nuint)Math.Min(size, 64), flags), Raw.Block(CallOperation.SetAttribute, 0, value, Math.Min(size, 64), path: text, sixth: (long)file, flags: flags));
                        }));
                    }
                }
            }
        }

        return cases;
    }

    /// <summary>Gives the file an attribute, where its file system has any, and tells afterwards which it has.</summary>
    private static Scene Known(Scene scene)
    {
        byte* path = scene.Text("~/data");
        byte* known = scene.Text("user.known");
        _ = Libc.setxattr(path, known, scene.Bytes([9, 8, 7]), 3, 0);
        byte* made = scene.Text("user.new");
        scene.Note(() =>
        {
            byte[] values = new byte[128];
            fixed (byte* first = values)
            {
                return $"attributes {Libc.getxattr(path, known, first, 64)} {Libc.getxattr(path, made, first + 64, 64)} {Convert.ToHexString(values)}";
            }
        });
        return scene;
    }
}
