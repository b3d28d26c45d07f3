using AsyncCalls.Integration.Tests.Subjects;

namespace AsyncCalls.Integration.Tests;

/// <summary>The twins of <c>[DllImport]</c> against the imports. No two arguments of a call are alike, so that none can stand in for another.</summary>
public sealed class DllImportTests
{
    private const long Far = 7_001;
    [Theory, CombinatorialLanes]
    public async Task Reads_on_handles_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.ImportOnHandles("read(world.Buffer, 23)", (file, world) => DllHandles.read(file, world.Buffer, 23), (file, world) => DllHandles.readAsync(file, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnHandles("readInt32(world.Buffer, 23)", (file, world) => DllHandles.readInt32(file, world.Buffer, 23), (file, world) => DllHandles.readInt32Async(file, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnHandles("readInt64(world.Buffer, 23)", (file, world) => DllHandles.readInt64(file, world.Buffer, 23), (file, world) => DllHandles.readInt64Async(file, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnHandles("read(world.Buffer, 0)", (file, world) => DllHandles.read(file, world.Buffer, 0), (file, world) => DllHandles.readAsync(file, world.Buffer, 0, agreement.Runtime));
        await agreement.ImportOnHandles("pread(world.Buffer, 23, 83)", (file, world) => DllHandles.pread(file, world.Buffer, 23, 83), (file, world) => DllHandles.preadAsync(file, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnHandles("pread64(world.Buffer, 23, 83)", (file, world) => DllHandles.pread64(file, world.Buffer, 23, 83), (file, world) => DllHandles.pread64Async(file, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnHandles("preadInt32(world.Buffer, 23, 83)", (file, world) => DllHandles.preadInt32(file, world.Buffer, 23, 83), (file, world) => DllHandles.preadInt32Async(file, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnHandles("pread(world.Buffer, 0, 83)", (file, world) => DllHandles.pread(file, world.Buffer, 0, 83), (file, world) => DllHandles.preadAsync(file, world.Buffer, 0, 83, agreement.Runtime));
        await agreement.ImportOnHandles("pread(world.Buffer, 40, Far)", (file, world) => DllHandles.pread(file, world.Buffer, 40, Far), (file, world) => DllHandles.preadAsync(file, world.Buffer, 40, Far, agreement.Runtime));
        await agreement.ImportOnHandles("pread64(world.Buffer, 21, -5)", (file, world) => DllHandles.pread64(file, world.Buffer, 21, -5), (file, world) => DllHandles.pread64Async(file, world.Buffer, 21, -5, agreement.Runtime));
        await agreement.ImportOnHandles("preadInt32(world.Buffer, 22, -6)", (file, world) => DllHandles.preadInt32(file, world.Buffer, 22, -6), (file, world) => DllHandles.preadInt32Async(file, world.Buffer, 22, -6, agreement.Runtime));
        await agreement.ImportOnHandles("pread(world.Buffer, 19, long.MaxValue)", (file, world) => DllHandles.pread(file, world.Buffer, 19, long.MaxValue), (file, world) => DllHandles.preadAsync(file, world.Buffer, 19, long.MaxValue, agreement.Runtime));
        Assert.True(agreement.Compared.Failed > 50, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes]
    public async Task Writes_on_handles_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.ImportOnHandles("write(world.Buffer, 23)", (file, world) => DllHandles.write(file, world.Buffer, 23), (file, world) => DllHandles.writeAsync(file, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnHandles("writeInt32(world.Buffer, 23)", (file, world) => DllHandles.writeInt32(file, world.Buffer, 23), (file, world) => DllHandles.writeInt32Async(file, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnHandles("writeInt64(world.Buffer, 23)", (file, world) => DllHandles.writeInt64(file, world.Buffer, 23), (file, world) => DllHandles.writeInt64Async(file, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnHandles("write(world.Buffer, 0)", (file, world) => DllHandles.write(file, world.Buffer, 0), (file, world) => DllHandles.writeAsync(file, world.Buffer, 0, agreement.Runtime));
        await agreement.ImportOnHandles("pwrite(world.Buffer, 23, 83)", (file, world) => DllHandles.pwrite(file, world.Buffer, 23, 83), (file, world) => DllHandles.pwriteAsync(file, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnHandles("pwrite64(world.Buffer, 23, 83)", (file, world) => DllHandles.pwrite64(file, world.Buffer, 23, 83), (file, world) => DllHandles.pwrite64Async(file, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnHandles("pwriteInt32(world.Buffer, 23, 83)", (file, world) => DllHandles.pwriteInt32(file, world.Buffer, 23, 83), (file, world) => DllHandles.pwriteInt32Async(file, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnHandles("pwrite(world.Buffer, 0, 83)", (file, world) => DllHandles.pwrite(file, world.Buffer, 0, 83), (file, world) => DllHandles.pwriteAsync(file, world.Buffer, 0, 83, agreement.Runtime));
        await agreement.ImportOnHandles("pwrite(world.Buffer, 40, Far)", (file, world) => DllHandles.pwrite(file, world.Buffer, 40, Far), (file, world) => DllHandles.pwriteAsync(file, world.Buffer, 40, Far, agreement.Runtime));
        await agreement.ImportOnHandles("pwrite64(world.Buffer, 21, -5)", (file, world) => DllHandles.pwrite64(file, world.Buffer, 21, -5), (file, world) => DllHandles.pwrite64Async(file, world.Buffer, 21, -5, agreement.Runtime));
        await agreement.ImportOnHandles("pwriteInt32(world.Buffer, 22, -6)", (file, world) => DllHandles.pwriteInt32(file, world.Buffer, 22, -6), (file, world) => DllHandles.pwriteInt32Async(file, world.Buffer, 22, -6, agreement.Runtime));
        await agreement.ImportOnHandles("pwrite(world.Buffer, 19, long.MaxValue)", (file, world) => DllHandles.pwrite(file, world.Buffer, 19, long.MaxValue), (file, world) => DllHandles.pwriteAsync(file, world.Buffer, 19, long.MaxValue, agreement.Runtime));
        Assert.True(agreement.Compared.Failed > 50, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes]
    public async Task Calls_on_files_by_handles_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.ImportOnHandles("fsync", (file, _) => DllHandles.fsync(file), (file, _) => DllHandles.fsyncAsync(file, agreement.Runtime));
        await agreement.ImportOnHandles("fdatasync", (file, _) => DllHandles.fdatasync(file), (file, _) => DllHandles.fdatasyncAsync(file, agreement.Runtime));
        foreach (long length in (long[])[37, 0, 5_003, -1, long.MaxValue])
        {
            await agreement.ImportOnHandles($"ftruncate({length})", (file, _) => DllHandles.ftruncate(file, length), (file, _) => DllHandles.ftruncateAsync(file, length, agreement.Runtime));
        }

        // 1 keeps the size, 3 punches a hole.
        foreach ((int mode, long offset, long length) in ((int, long, long)[])[(0, 307, 1_009), (0, 13, 5), (1, 409, 2_003), (3, 17, 29), (0, -3, 5), (0, 3, -5), (0, 3, 0), (77, 3, 5), (0, long.MaxValue, 3)])
        {
            await agreement.ImportOnHandles(
                $"fallocate({mode}, {offset}, {length})",
                (file, _) => DllHandles.fallocate(file, mode, offset, length),
                (file, _) => DllHandles.fallocateAsync(file, mode, offset, length, agreement.Runtime));
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
                    world => DllHandles.openat(world.Handle(kind), Opening.In(world, path), flags, mode),
                    world => DllHandles.openatAsync(world.Handle(kind), Opening.In(world, path), flags, mode, agreement.Runtime));
                await agreement.Import(
                    $"{what} below {kind} as a handle",
                    world => DllHandles.openatHandle(world.Handle(kind), Opening.In(world, path), flags, mode),
                    world => DllHandles.openatHandleAsync(world.Handle(kind), Opening.In(world, path), flags, mode, agreement.Runtime));
            }
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Reads_on_numbers_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.ImportOnNumbers("read(world.Buffer, 23)", (fd, world) => DllNumbers.read(fd, world.Buffer, 23), (fd, world) => DllNumbers.readAsync(fd, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnNumbers("readInt32(world.Buffer, 23)", (fd, world) => DllNumbers.readInt32(fd, world.Buffer, 23), (fd, world) => DllNumbers.readInt32Async(fd, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnNumbers("readInt64(world.Buffer, 23)", (fd, world) => DllNumbers.readInt64(fd, world.Buffer, 23), (fd, world) => DllNumbers.readInt64Async(fd, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnNumbers("read(world.Buffer, 0)", (fd, world) => DllNumbers.read(fd, world.Buffer, 0), (fd, world) => DllNumbers.readAsync(fd, world.Buffer, 0, agreement.Runtime));
        await agreement.ImportOnNumbers("pread(world.Buffer, 23, 83)", (fd, world) => DllNumbers.pread(fd, world.Buffer, 23, 83), (fd, world) => DllNumbers.preadAsync(fd, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("pread64(world.Buffer, 23, 83)", (fd, world) => DllNumbers.pread64(fd, world.Buffer, 23, 83), (fd, world) => DllNumbers.pread64Async(fd, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("preadInt32(world.Buffer, 23, 83)", (fd, world) => DllNumbers.preadInt32(fd, world.Buffer, 23, 83), (fd, world) => DllNumbers.preadInt32Async(fd, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("pread(world.Buffer, 0, 83)", (fd, world) => DllNumbers.pread(fd, world.Buffer, 0, 83), (fd, world) => DllNumbers.preadAsync(fd, world.Buffer, 0, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("pread(world.Buffer, 40, Far)", (fd, world) => DllNumbers.pread(fd, world.Buffer, 40, Far), (fd, world) => DllNumbers.preadAsync(fd, world.Buffer, 40, Far, agreement.Runtime));
        await agreement.ImportOnNumbers("pread64(world.Buffer, 21, -5)", (fd, world) => DllNumbers.pread64(fd, world.Buffer, 21, -5), (fd, world) => DllNumbers.pread64Async(fd, world.Buffer, 21, -5, agreement.Runtime));
        await agreement.ImportOnNumbers("preadInt32(world.Buffer, 22, -6)", (fd, world) => DllNumbers.preadInt32(fd, world.Buffer, 22, -6), (fd, world) => DllNumbers.preadInt32Async(fd, world.Buffer, 22, -6, agreement.Runtime));
        await agreement.ImportOnNumbers("pread(world.Buffer, 19, long.MaxValue)", (fd, world) => DllNumbers.pread(fd, world.Buffer, 19, long.MaxValue), (fd, world) => DllNumbers.preadAsync(fd, world.Buffer, 19, long.MaxValue, agreement.Runtime));
        Assert.True(agreement.Compared.Failed > 50, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes]
    public async Task Writes_on_numbers_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.ImportOnNumbers("write(world.Buffer, 23)", (fd, world) => DllNumbers.write(fd, world.Buffer, 23), (fd, world) => DllNumbers.writeAsync(fd, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnNumbers("writeInt32(world.Buffer, 23)", (fd, world) => DllNumbers.writeInt32(fd, world.Buffer, 23), (fd, world) => DllNumbers.writeInt32Async(fd, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnNumbers("writeInt64(world.Buffer, 23)", (fd, world) => DllNumbers.writeInt64(fd, world.Buffer, 23), (fd, world) => DllNumbers.writeInt64Async(fd, world.Buffer, 23, agreement.Runtime));
        await agreement.ImportOnNumbers("write(world.Buffer, 0)", (fd, world) => DllNumbers.write(fd, world.Buffer, 0), (fd, world) => DllNumbers.writeAsync(fd, world.Buffer, 0, agreement.Runtime));
        await agreement.ImportOnNumbers("pwrite(world.Buffer, 23, 83)", (fd, world) => DllNumbers.pwrite(fd, world.Buffer, 23, 83), (fd, world) => DllNumbers.pwriteAsync(fd, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("pwrite64(world.Buffer, 23, 83)", (fd, world) => DllNumbers.pwrite64(fd, world.Buffer, 23, 83), (fd, world) => DllNumbers.pwrite64Async(fd, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("pwriteInt32(world.Buffer, 23, 83)", (fd, world) => DllNumbers.pwriteInt32(fd, world.Buffer, 23, 83), (fd, world) => DllNumbers.pwriteInt32Async(fd, world.Buffer, 23, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("pwrite(world.Buffer, 0, 83)", (fd, world) => DllNumbers.pwrite(fd, world.Buffer, 0, 83), (fd, world) => DllNumbers.pwriteAsync(fd, world.Buffer, 0, 83, agreement.Runtime));
        await agreement.ImportOnNumbers("pwrite(world.Buffer, 40, Far)", (fd, world) => DllNumbers.pwrite(fd, world.Buffer, 40, Far), (fd, world) => DllNumbers.pwriteAsync(fd, world.Buffer, 40, Far, agreement.Runtime));
        await agreement.ImportOnNumbers("pwrite64(world.Buffer, 21, -5)", (fd, world) => DllNumbers.pwrite64(fd, world.Buffer, 21, -5), (fd, world) => DllNumbers.pwrite64Async(fd, world.Buffer, 21, -5, agreement.Runtime));
        await agreement.ImportOnNumbers("pwriteInt32(world.Buffer, 22, -6)", (fd, world) => DllNumbers.pwriteInt32(fd, world.Buffer, 22, -6), (fd, world) => DllNumbers.pwriteInt32Async(fd, world.Buffer, 22, -6, agreement.Runtime));
        await agreement.ImportOnNumbers("pwrite(world.Buffer, 19, long.MaxValue)", (fd, world) => DllNumbers.pwrite(fd, world.Buffer, 19, long.MaxValue), (fd, world) => DllNumbers.pwriteAsync(fd, world.Buffer, 19, long.MaxValue, agreement.Runtime));
        Assert.True(agreement.Compared.Failed > 50, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes]
    public async Task Calls_on_files_by_numbers_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.ImportOnNumbers("fsync", (fd, _) => DllNumbers.fsync(fd), (fd, _) => DllNumbers.fsyncAsync(fd, agreement.Runtime));
        await agreement.ImportOnNumbers("fdatasync", (fd, _) => DllNumbers.fdatasync(fd), (fd, _) => DllNumbers.fdatasyncAsync(fd, agreement.Runtime));
        foreach (long length in (long[])[37, 0, 5_003, -1, long.MaxValue])
        {
            await agreement.ImportOnNumbers($"ftruncate({length})", (fd, _) => DllNumbers.ftruncate(fd, length), (fd, _) => DllNumbers.ftruncateAsync(fd, length, agreement.Runtime));
        }

        // 1 keeps the size, 3 punches a hole.
        foreach ((int mode, long offset, long length) in ((int, long, long)[])[(0, 307, 1_009), (0, 13, 5), (1, 409, 2_003), (3, 17, 29), (0, -3, 5), (0, 3, -5), (0, 3, 0), (77, 3, 5), (0, long.MaxValue, 3)])
        {
            await agreement.ImportOnNumbers(
                $"fallocate({mode}, {offset}, {length})",
                (fd, _) => DllNumbers.fallocate(fd, mode, offset, length),
                (fd, _) => DllNumbers.fallocateAsync(fd, mode, offset, length, agreement.Runtime));
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
                    world => DllNumbers.openat(world.Number(kind), Opening.In(world, path), flags, mode),
                    world => DllNumbers.openatAsync(world.Number(kind), Opening.In(world, path), flags, mode, agreement.Runtime));
                await agreement.Import(
                    $"{what} below {kind} as a handle",
                    world => DllNumbers.openatHandle(world.Number(kind), Opening.In(world, path), flags, mode),
                    world => DllNumbers.openatHandleAsync(world.Number(kind), Opening.In(world, path), flags, mode, agreement.Runtime));
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
                world => DllNumbers.open(Opening.In(world, path), flags, mode),
                world => DllNumbers.openAsync(Opening.In(world, path), flags, mode, agreement.Runtime));
            await agreement.Import(
                what + " as a handle",
                world => DllNumbers.openHandle(Opening.In(world, path), flags, (int)mode),
                world => DllNumbers.openHandleAsync(Opening.In(world, path), flags, (int)mode, agreement.Runtime));
            if ((flags & Libc.Create) == 0)
            {
                await agreement.Opens(
                    what + " without a mode",
                    world => DllNumbers.openPlain(Opening.In(world, path), flags),
                    world => DllNumbers.openPlainAsync(Opening.In(world, path), flags, agreement.Runtime));
            }
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Closing_agrees(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        await agreement.Import("close(-1)", _ => DllNumbers.close(-1), _ => DllNumbers.closeAsync(-1, agreement.Runtime));
        await agreement.Import("close(99999)", _ => DllNumbers.close(99_999), _ => DllNumbers.closeAsync(99_999, agreement.Runtime));

        // The writer is gone for its reader, and only it.
        await agreement.Import("close", world => DllNumbers.close(Opening.Writer(world)), world => DllNumbers.closeAsync(Opening.Writer(world), agreement.Runtime));
    }
}
