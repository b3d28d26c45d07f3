using AsyncCalls.Integration.Tests.Subjects;

namespace AsyncCalls.Integration.Tests;

/// <summary>The twins of <c>[LibraryImport]</c> against the imports. No two arguments of a call are alike, so that none can stand in for another.</summary>
public sealed class LibraryImportTests
{
    private const long Far = 7_001;
    [Theory, CombinatorialLanes]
    public async Task Reads_on_handles_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.ImportOnHandles("read(world.Buffer, 23)", (file, world) => LibraryHandles.read(file, world.Buffer, 23), (file, world) => LibraryHandles.readAsync(file, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnHandles("readInt32(world.Buffer, 23)", (file, world) => LibraryHandles.readInt32(file, world.Buffer, 23), (file, world) => LibraryHandles.readInt32Async(file, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnHandles("readInt64(world.Buffer, 23)", (file, world) => LibraryHandles.readInt64(file, world.Buffer, 23), (file, world) => LibraryHandles.readInt64Async(file, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnHandles("read(world.Buffer, 0)", (file, world) => LibraryHandles.read(file, world.Buffer, 0), (file, world) => LibraryHandles.readAsync(file, world.Buffer, 0, agreement.Runtime));
        await agreement.ImportOnHandles("pread(world.Buffer, 23, 83)", (file, world) => LibraryHandles.pread(file, world.Buffer, 23, 83), (file, world) => LibraryHandles.preadAsync(file, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnHandles("pread64(world.Buffer, 23, 83)", (file, world) => LibraryHandles.pread64(file, world.Buffer, 23, 83), (file, world) => LibraryHandles.pread64Async(file, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnHandles("preadInt32(world.Buffer, 23, 83)", (file, world) => LibraryHandles.preadInt32(file, world.Buffer, 23, 83), (file, world) => LibraryHandles.preadInt32Async(file, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnHandles("pread(world.Buffer, 0, 83)", (file, world) => LibraryHandles.pread(file, world.Buffer, 0, 83), (file, world) => LibraryHandles.preadAsync(file, world.Buffer, 0, 83, agreement.Runtime));
        await agreement.ImportOnHandles("pread(world.Buffer, 40, Far)", (file, world) => LibraryHandles.pread(file, world.Buffer, 40, Far), (file, world) => LibraryHandles.preadAsync(file, world.Buffer, 40, Far, agreement.Runtime));
        await agreement.ImportOnHandles("pread64(world.Buffer, 21, -5)", (file, world) => LibraryHandles.pread64(file, world.Buffer, 21, -5), (file, world) => LibraryHandles.pread64Async(file, world.Buffer, 21, -5, agreement.Runtime));
        await agreement.ImportOnHandles("preadInt32(world.Buffer, 22, -6)", (file, world) => LibraryHandles.preadInt32(file, world.Buffer, 22, -6), (file, world) => LibraryHandles.preadInt32Async(file, world.Buffer, 22, -6, agreement.Runtime));
        await agreement.ImportOnHandles("pread(world.Buffer, 19, long.MaxValue)", (file, world) => LibraryHandles.pread(file, world.Buffer, 19, long.MaxValue), (file, world) => LibraryHandles.preadAsync(file, world.Buffer, 19, long.MaxValue, agreement.Runtime));
        Assert.True(agreement.Compared.Failed > 50, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes]
    public async Task Writes_on_handles_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.ImportOnHandles("write(world.Buffer, 23)", (file, world) => LibraryHandles.write(file, world.Buffer, 23), (file, world) => LibraryHandles.writeAsync(file, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnHandles("writeInt32(world.Buffer, 23)", (file, world) => LibraryHandles.writeInt32(file, world.Buffer, 23), (file, world) => LibraryHandles.writeInt32Async(file, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnHandles("writeInt64(world.Buffer, 23)", (file, world) => LibraryHandles.writeInt64(file, world.Buffer, 23), (file, world) => LibraryHandles.writeInt64Async(file, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnHandles("write(world.Buffer, 0)", (file, world) => LibraryHandles.write(file, world.Buffer, 0), (file, world) => LibraryHandles.writeAsync(file, world.Buffer, 0, agreement.Runtime));
        await agreement.ImportOnHandles("pwrite(world.Buffer, 23, 83)", (file, world) => LibraryHandles.pwrite(file, world.Buffer, 23, 83), (file, world) => LibraryHandles.pwriteAsync(file, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnHandles("pwrite64(world.Buffer, 23, 83)", (file, world) => LibraryHandles.pwrite64(file, world.Buffer, 23, 83), (file, world) => LibraryHandles.pwrite64Async(file, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnHandles("pwriteInt32(world.Buffer, 23, 83)", (file, world) => LibraryHandles.pwriteInt32(file, world.Buffer, 23, 83), (file, world) => LibraryHandles.pwriteInt32Async(file, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnHandles("pwrite(world.Buffer, 0, 83)", (file, world) => LibraryHandles.pwrite(file, world.Buffer, 0, 83), (file, world) => LibraryHandles.pwriteAsync(file, world.Buffer, 0, 83, agreement.Runtime));
        await agreement.ImportOnHandles("pwrite(world.Buffer, 40, Far)", (file, world) => LibraryHandles.pwrite(file, world.Buffer, 40, Far), (file, world) => LibraryHandles.pwriteAsync(file, world.Buffer, 40, Far, agreement.Runtime));
        await agreement.ImportOnHandles("pwrite64(world.Buffer, 21, -5)", (file, world) => LibraryHandles.pwrite64(file, world.Buffer, 21, -5), (file, world) => LibraryHandles.pwrite64Async(file, world.Buffer, 21, -5, agreement.Runtime));
        await agreement.ImportOnHandles("pwriteInt32(world.Buffer, 22, -6)", (file, world) => LibraryHandles.pwriteInt32(file, world.Buffer, 22, -6), (file, world) => LibraryHandles.pwriteInt32Async(file, world.Buffer, 22, -6, agreement.Runtime));
        await agreement.ImportOnHandles("pwrite(world.Buffer, 19, long.MaxValue)", (file, world) => LibraryHandles.pwrite(file, world.Buffer, 19, long.MaxValue), (file, world) => LibraryHandles.pwriteAsync(file, world.Buffer, 19, long.MaxValue, agreement.Runtime));
        Assert.True(agreement.Compared.Failed > 50, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes]
    public async Task Calls_on_files_by_handles_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.ImportOnHandles("fsync", (file, _) => LibraryHandles.fsync(file), (file, _) => LibraryHandles.fsyncAsync(file, agreement.Runtime));
        await agreement.ImportOnHandles("fdatasync", (file, _) => LibraryHandles.fdatasync(file), (file, _) => LibraryHandles.fdatasyncAsync(file, agreement.Runtime));
        foreach (long length in (long[])[37, 0, 5_003, -1, long.MaxValue])
        {
            await agreement.ImportOnHandles($"ftruncate({length})", (file, _) => LibraryHandles.ftruncate(file, length), (file, _) => LibraryHandles.ftruncateAsync(file, length, agreement.Runtime));
        }

        // 1 keeps the size, 3 punches a hole.
        foreach ((int mode, long offset, long length) in ((int, long, long)[])[(0, 307, 1_009), (0, 13, 5), (1, 409, 2_003), (3, 17, 29), (0, -3, 5), (0, 3, -5), (0, 3, 0), (77, 3, 5), (0, long.MaxValue, 3)])
        {
            await agreement.ImportOnHandles(
                $"fallocate({mode}, {offset}, {length})",
                (file, _) => LibraryHandles.fallocate(file, mode, offset, length),
                (file, _) => LibraryHandles.fallocateAsync(file, mode, offset, length, agreement.Runtime));
        }

        Assert.True(agreement.Compared.Failed > 50, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes]
    public async Task Opening_below_handles_agrees(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        foreach ((string path, int flags, uint mode) in Opening.Cases)
        {
            string what = $"openat({path}, 0x{flags:x}, 0x{mode:x})";
            foreach (string kind in (string[])["directory", World.ReadWrite, "not open", "invalid", "pipe to write"])
            {
                await agreement.Opens(
                    $"{what} below {kind}",
                    world => LibraryHandles.openat(world.Handle(kind), Opening.In(world, path), flags, mode),
                    world => LibraryHandles.openatAsync(world.Handle(kind), Opening.In(world, path), flags, mode, agreement.Runtime));
                await agreement.Import(
                    $"{what} below {kind} as a handle",
                    world => LibraryHandles.openatHandle(world.Handle(kind), Opening.In(world, path), flags, mode),
                    world => LibraryHandles.openatHandleAsync(world.Handle(kind), Opening.In(world, path), flags, mode, agreement.Runtime));
            }
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Reads_on_numbers_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.ImportOnNumbers("read(world.Buffer, 23)", (fd, world) => LibraryNumbers.read(fd, world.Buffer, 23), (fd, world) => LibraryNumbers.readAsync(fd, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnNumbers("readInt32(world.Buffer, 23)", (fd, world) => LibraryNumbers.readInt32(fd, world.Buffer, 23), (fd, world) => LibraryNumbers.readInt32Async(fd, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnNumbers("readInt64(world.Buffer, 23)", (fd, world) => LibraryNumbers.readInt64(fd, world.Buffer, 23), (fd, world) => LibraryNumbers.readInt64Async(fd, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnNumbers("read(world.Buffer, 0)", (fd, world) => LibraryNumbers.read(fd, world.Buffer, 0), (fd, world) => LibraryNumbers.readAsync(fd, world.Buffer, 0, agreement.Runtime));
        await agreement.ImportOnNumbers("pread(world.Buffer, 23, 83)", (fd, world) => LibraryNumbers.pread(fd, world.Buffer, 23, 83), (fd, world) => LibraryNumbers.preadAsync(fd, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("pread64(world.Buffer, 23, 83)", (fd, world) => LibraryNumbers.pread64(fd, world.Buffer, 23, 83), (fd, world) => LibraryNumbers.pread64Async(fd, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("preadInt32(world.Buffer, 23, 83)", (fd, world) => LibraryNumbers.preadInt32(fd, world.Buffer, 23, 83), (fd, world) => LibraryNumbers.preadInt32Async(fd, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("pread(world.Buffer, 0, 83)", (fd, world) => LibraryNumbers.pread(fd, world.Buffer, 0, 83), (fd, world) => LibraryNumbers.preadAsync(fd, world.Buffer, 0, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("pread(world.Buffer, 40, Far)", (fd, world) => LibraryNumbers.pread(fd, world.Buffer, 40, Far), (fd, world) => LibraryNumbers.preadAsync(fd, world.Buffer, 40, Far, agreement.Runtime));
        await agreement.ImportOnNumbers("pread64(world.Buffer, 21, -5)", (fd, world) => LibraryNumbers.pread64(fd, world.Buffer, 21, -5), (fd, world) => LibraryNumbers.pread64Async(fd, world.Buffer, 21, -5, agreement.Runtime));
        await agreement.ImportOnNumbers("preadInt32(world.Buffer, 22, -6)", (fd, world) => LibraryNumbers.preadInt32(fd, world.Buffer, 22, -6), (fd, world) => LibraryNumbers.preadInt32Async(fd, world.Buffer, 22, -6, agreement.Runtime));
        await agreement.ImportOnNumbers("pread(world.Buffer, 19, long.MaxValue)", (fd, world) => LibraryNumbers.pread(fd, world.Buffer, 19, long.MaxValue), (fd, world) => LibraryNumbers.preadAsync(fd, world.Buffer, 19, long.MaxValue, agreement.Runtime));
        Assert.True(agreement.Compared.Failed > 50, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes]
    public async Task Writes_on_numbers_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.ImportOnNumbers("write(world.Buffer, 23)", (fd, world) => LibraryNumbers.write(fd, world.Buffer, 23), (fd, world) => LibraryNumbers.writeAsync(fd, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnNumbers("writeInt32(world.Buffer, 23)", (fd, world) => LibraryNumbers.writeInt32(fd, world.Buffer, 23), (fd, world) => LibraryNumbers.writeInt32Async(fd, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnNumbers("writeInt64(world.Buffer, 23)", (fd, world) => LibraryNumbers.writeInt64(fd, world.Buffer, 23), (fd, world) => LibraryNumbers.writeInt64Async(fd, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnNumbers("write(world.Buffer, 0)", (fd, world) => LibraryNumbers.write(fd, world.Buffer, 0), (fd, world) => LibraryNumbers.writeAsync(fd, world.Buffer, 0, agreement.Runtime));
        await agreement.ImportOnNumbers("pwrite(world.Buffer, 23, 83)", (fd, world) => LibraryNumbers.pwrite(fd, world.Buffer, 23, 83), (fd, world) => LibraryNumbers.pwriteAsync(fd, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("pwrite64(world.Buffer, 23, 83)", (fd, world) => LibraryNumbers.pwrite64(fd, world.Buffer, 23, 83), (fd, world) => LibraryNumbers.pwrite64Async(fd, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("pwriteInt32(world.Buffer, 23, 83)", (fd, world) => LibraryNumbers.pwriteInt32(fd, world.Buffer, 23, 83), (fd, world) => LibraryNumbers.pwriteInt32Async(fd, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("pwrite(world.Buffer, 0, 83)", (fd, world) => LibraryNumbers.pwrite(fd, world.Buffer, 0, 83), (fd, world) => LibraryNumbers.pwriteAsync(fd, world.Buffer, 0, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("pwrite(world.Buffer, 40, Far)", (fd, world) => LibraryNumbers.pwrite(fd, world.Buffer, 40, Far), (fd, world) => LibraryNumbers.pwriteAsync(fd, world.Buffer, 40, Far, agreement.Runtime));
        await agreement.ImportOnNumbers("pwrite64(world.Buffer, 21, -5)", (fd, world) => LibraryNumbers.pwrite64(fd, world.Buffer, 21, -5), (fd, world) => LibraryNumbers.pwrite64Async(fd, world.Buffer, 21, -5, agreement.Runtime));
        await agreement.ImportOnNumbers("pwriteInt32(world.Buffer, 22, -6)", (fd, world) => LibraryNumbers.pwriteInt32(fd, world.Buffer, 22, -6), (fd, world) => LibraryNumbers.pwriteInt32Async(fd, world.Buffer, 22, -6, agreement.Runtime));
        await agreement.ImportOnNumbers("pwrite(world.Buffer, 19, long.MaxValue)", (fd, world) => LibraryNumbers.pwrite(fd, world.Buffer, 19, long.MaxValue), (fd, world) => LibraryNumbers.pwriteAsync(fd, world.Buffer, 19, long.MaxValue, agreement.Runtime));
        Assert.True(agreement.Compared.Failed > 50, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes]
    public async Task Calls_on_files_by_numbers_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.ImportOnNumbers("fsync", (fd, _) => LibraryNumbers.fsync(fd), (fd, _) => LibraryNumbers.fsyncAsync(fd, agreement.Runtime));
        await agreement.ImportOnNumbers("fdatasync", (fd, _) => LibraryNumbers.fdatasync(fd), (fd, _) => LibraryNumbers.fdatasyncAsync(fd, agreement.Runtime));
        foreach (long length in (long[])[37, 0, 5_003, -1, long.MaxValue])
        {
            await agreement.ImportOnNumbers($"ftruncate({length})", (fd, _) => LibraryNumbers.ftruncate(fd, length), (fd, _) => LibraryNumbers.ftruncateAsync(fd, length, agreement.Runtime));
        }

        // 1 keeps the size, 3 punches a hole.
        foreach ((int mode, long offset, long length) in ((int, long, long)[])[(0, 307, 1_009), (0, 13, 5), (1, 409, 2_003), (3, 17, 29), (0, -3, 5), (0, 3, -5), (0, 3, 0), (77, 3, 5), (0, long.MaxValue, 3)])
        {
            await agreement.ImportOnNumbers(
                $"fallocate({mode}, {offset}, {length})",
                (fd, _) => LibraryNumbers.fallocate(fd, mode, offset, length),
                (fd, _) => LibraryNumbers.fallocateAsync(fd, mode, offset, length, agreement.Runtime));
        }

        Assert.True(agreement.Compared.Failed > 50, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes]
    public async Task Opening_below_numbers_agrees(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        foreach ((string path, int flags, uint mode) in Opening.Cases)
        {
            string what = $"openat({path}, 0x{flags:x}, 0x{mode:x})";
            foreach (string kind in (string[])["directory", World.ReadWrite, "not open", "invalid", "pipe to write"])
            {
                await agreement.Opens(
                    $"{what} below {kind}",
                    world => LibraryNumbers.openat(world.Number(kind), Opening.In(world, path), flags, mode),
                    world => LibraryNumbers.openatAsync(world.Number(kind), Opening.In(world, path), flags, mode, agreement.Runtime));
                await agreement.Import(
                    $"{what} below {kind} as a handle",
                    world => LibraryNumbers.openatHandle(world.Number(kind), Opening.In(world, path), flags, mode),
                    world => LibraryNumbers.openatHandleAsync(world.Number(kind), Opening.In(world, path), flags, mode, agreement.Runtime));
            }
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Opening_agrees(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        foreach ((string path, int flags, uint mode) in Opening.Cases.Where(each => each.Path is "" || each.Path[0] is '~' or '/'))
        {
            string what = $"open({path}, 0x{flags:x}, 0x{mode:x})";
            await agreement.Opens(
                what,
                world => LibraryNumbers.open(Opening.In(world, path), flags, mode),
                world => LibraryNumbers.openAsync(Opening.In(world, path), flags, mode, agreement.Runtime));
            await agreement.Import(
                what + " as a handle",
                world => LibraryNumbers.openHandle(Opening.In(world, path), flags, (int)mode),
                world => LibraryNumbers.openHandleAsync(Opening.In(world, path), flags, (int)mode, agreement.Runtime));
            if ((flags & Libc.Create) == 0)
            {
                await agreement.Opens(
                    what + " without a mode",
                    world => LibraryNumbers.openPlain(Opening.In(world, path), flags),
                    world => LibraryNumbers.openPlainAsync(Opening.In(world, path), flags, agreement.Runtime));
            }
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Closing_agrees(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.Import("close(-1)", _ => LibraryNumbers.close(-1), _ => LibraryNumbers.closeAsync(-1, agreement.Runtime));
        await agreement.Import("close(99999)", _ => LibraryNumbers.close(99_999), _ => LibraryNumbers.closeAsync(99_999, agreement.Runtime));

        // The writer is gone for its reader, and only it.
        await agreement.Import("close", world => LibraryNumbers.close(Opening.Writer(world)), world => LibraryNumbers.closeAsync(Opening.Writer(world), agreement.Runtime));
    }
}
