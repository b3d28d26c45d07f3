using System.Diagnostics;
using AsyncCalls.Integration.Tests.Subjects;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests;

/// <summary>The twins of bodies that are one call of the class library against these bodies.</summary>
public sealed class ClassLibraryTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private static readonly long[] Offsets = [0, 83, 7_001, -5, long.MinValue];

    [Theory, CombinatorialLanes]
    public async Task Reads_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        foreach ((string kind, long offset) in Places)
        {
            string what = $"Read({kind}, {offset})";
            await agreement.Method(
                what,
                world => new OpenFile(agreement.Runtime, world.Handle(kind)).Read(world.Buffer.AsSpan(3, 23), offset),
                world => new OpenFile(agreement.Runtime, world.Handle(kind)).ReadAsync(world.Buffer.AsMemory(3, 23), offset));
            await agreement.Method(
                what + " of a static method",
                world => Files.Read(offset, world.Buffer.AsSpan(5, 29), world.Handle(kind)),
                world => Files.ReadAsync(offset, world.Buffer.AsMemory(5, 29), world.Handle(kind), agreement.Runtime));
            await agreement.Method(
                what + " of a struct",
                world => new Block(agreement.Runtime, world.Handle(kind), offset).Read(world.Buffer.AsMemory(7, 0)),
                world => new Block(agreement.Runtime, world.Handle(kind), offset).ReadAsync(world.Buffer.AsMemory(7, 0)));
        }

        await agreement.Method(
            "Read of no handle", world => Files.Read(0, world.Buffer, null!), world => Files.ReadAsync(0, world.Buffer, null!, agreement.Runtime));
        Assert.True(agreement.Compared.Failed > 50, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes]
    public async Task Writes_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        foreach ((string kind, long offset) in Places)
        {
            string what = $"Write({kind}, {offset})";
            await agreement.Method(
                what,
                world => new OpenFile(agreement.Runtime, world.Handle(kind)).Write(world.Buffer.AsSpan(3, 23), offset),
                world => new OpenFile(agreement.Runtime, world.Handle(kind)).WriteAsync(world.Buffer.AsMemory(3, 23), offset));
            await agreement.Method(
                what + " of a static method",
                world => Files.Write(offset, world.Buffer, world.Handle(kind)),
                world => Files.WriteAsync(offset, world.Buffer, world.Handle(kind), agreement.Runtime));
        }

        await agreement.Method(
            "Write to no handle", world => Files.Write(0, world.Buffer, null!), world => Files.WriteAsync(0, world.Buffer, null!, agreement.Runtime));
        Assert.True(agreement.Compared.Failed > 50, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes]
    public async Task Vectored_reads_and_writes_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        foreach ((string kind, long offset) in Places)
        {
            await agreement.Method(
                $"Read({kind}, {offset}) into parts",
                world => Files.ReadParts(world.Handle(kind), Parts(world), offset),
                world => Files.ReadPartsAsync(world.Handle(kind), Parts(world), offset, agreement.Runtime));
            await agreement.Method(
                $"Write({kind}, {offset}) of parts",
                world => Files.WriteParts(world.Handle(kind), [.. Parts(world)], offset),
                world => Files.WritePartsAsync(world.Handle(kind), [.. Parts(world)], offset, agreement.Runtime));
        }

        await agreement.Method(
            "Read into no parts", world => Files.ReadParts(world.Handle(World.ReadWrite), [], 0), world => Files.ReadPartsAsync(world.Handle(World.ReadWrite), [], 0, agreement.Runtime));
        await agreement.Method(
            "Read into nothing", world => Files.ReadParts(world.Handle(World.ReadWrite), null!, 0), world => Files.ReadPartsAsync(world.Handle(World.ReadWrite), null!, 0, agreement.Runtime));
        Assert.True(agreement.Compared.Failed > 50, $"Only {agreement.Compared} failed.");

        static Memory<byte>[] Parts(World world) => [world.Buffer.AsMemory(20, 13), Memory<byte>.Empty, world.Buffer.AsMemory(3, 5)];
    }

    /// <summary>More buffers than one system call takes: a read leaves the rest, a write goes on.</summary>
    [Theory, CombinatorialLanes]
    public async Task More_buffers_than_a_system_call_takes_agree(Lane lane)
    {
        const int Many = 2_500;
        await using var agreement = new Agreement(lane);
        await agreement.Method(
            "Write of many parts",
            world => Files.WriteParts(world.Handle(World.ReadWrite), Parts(), 7),
            world => Files.WritePartsAsync(world.Handle(World.ReadWrite), Parts(), 7, agreement.Runtime));
        await agreement.Method(
            "Read into many parts",
            world => Files.ReadParts(world.Handle(World.ReadWrite), [.. Enumerable.Range(0, Many).Select(i => world.Buffer.AsMemory(i % 40, 1))], 0),
            world => Files.ReadPartsAsync(world.Handle(World.ReadWrite), [.. Enumerable.Range(0, Many).Select(i => world.Buffer.AsMemory(i % 40, 1))], 0, agreement.Runtime));
        Assert.Equal((2, 0), agreement.Compared);

        static ReadOnlyMemory<byte>[] Parts() => [.. Enumerable.Range(0, Many).Select(i => i % 3 == 0 ? default : new ReadOnlyMemory<byte>([(byte)i, (byte)(i >> 8)]))];
    }

    /// <summary>With io_uring the buffers go to it, and none of them is copied or held afterwards.</summary>
    [Fact]
    public async Task Parts_of_a_file_on_a_disk_go_to_io_uring()
    {
        await using AsyncCallRuntime runtime = Lane.NativeNoInline.NewRuntime();
        Assert.SkipUnless(runtime.Capabilities.IoUring.Available, runtime.Capabilities.IoUring.Reason);
        using var world = new World();
        using SafeFileHandle file = File.OpenHandle(world.Data, FileMode.Open, FileAccess.ReadWrite);
        AsyncCallStatistics before = runtime.GetStatistics();

        Assert.Equal(8, await Files.ReadPartsAsync(file, [new byte[5], new byte[3]], 2, runtime));

        Assert.Equal(before.CompletedByIoUring + 1, runtime.GetStatistics().CompletedByIoUring);
        Assert.Empty(runtime.PendingCalls);
    }

    [Theory, CombinatorialLanes]
    public async Task Sleeps_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        foreach (int time in (int[])[0, 1, 30, -2, int.MinValue])
        {
            await agreement.Method($"Pause({time})", _ => Pauses.Pause(time), _ => Pauses.PauseAsync(time, agreement.Runtime));
        }

        foreach (TimeSpan time in (TimeSpan[])[TimeSpan.Zero, TimeSpan.FromTicks(1), TimeSpan.FromMilliseconds(3.9), TimeSpan.FromDays(30), TimeSpan.MaxValue, TimeSpan.MinValue])
        {
            await agreement.Method($"Pause({time})", _ => Pauses.Pause(time), _ => Pauses.PauseAsync(time, agreement.Runtime));
        }

        Assert.Equal(5, agreement.Compared.Failed);
    }

    [Theory, CombinatorialLanes]
    public async Task A_sleep_lasts_as_long_as_it_is_told_and_a_token_ends_it(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        long start = Stopwatch.GetTimestamp();
        await Pauses.PauseAsync(50, runtime);
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(50));

        using var source = new CancellationTokenSource();
        Task endless = Pauses.PauseAsync(Timeout.Infinite, runtime, source.Token).AsTask();
        Task century = Pauses.PauseAsync(Timeout.InfiniteTimeSpan, runtime, source.Token).AsTask();
        await Task.Delay(20);
        Assert.False(endless.IsCompleted || century.IsCompleted);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless.WaitAsync(Limit));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => century.WaitAsync(Limit));
    }

    /// <summary>A thousand sleepers, and no thread for any of them.</summary>
    [Fact]
    public async Task Sleeps_block_no_worker_where_there_is_io_uring()
    {
        await using AsyncCallRuntime runtime = Lane.Native.NewRuntime();
        Assert.SkipUnless(runtime.Capabilities.IoUring.Available, runtime.Capabilities.IoUring.Reason);

        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(_ => Pauses.PauseAsync(20, runtime).AsTask())).WaitAsync(Limit);

        Assert.Equal(1_000, runtime.GetStatistics().CompletedByIoUring);
    }

    [Theory, CombinatorialLanes]
    public async Task Flushes_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        foreach (string kind in World.Kinds)
        {
            await agreement.Method(
                $"Flush({kind})",
                world => new OpenFile(agreement.Runtime, world.Handle(kind)).Flush(),
                world => new OpenFile(agreement.Runtime, world.Handle(kind)).FlushAsync());
            await agreement.Method(
                $"Flush({kind}) of a static method",
                world => Files.Flush(world.Handle(kind)),
                world => Files.FlushAsync(world.Handle(kind), agreement.Runtime));
        }

        await agreement.Method("Flush of no handle", _ => Files.Flush(null!), _ => Files.FlushAsync(null!, agreement.Runtime));
    }

    [Theory, CombinatorialLanes]
    public async Task Handles_that_were_opened_by_a_path_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        foreach (FileAccess access in (FileAccess[])[FileAccess.Read, FileAccess.Write])
        {
            SafeFileHandle Open(World world) => world.Keep(File.OpenHandle(world.Data, FileMode.Open, access, FileShare.ReadWrite));
            await agreement.Method(
                $"Read of a file for {access}",
                world => Files.Read(31, world.Buffer, Open(world)),
                world => Files.ReadAsync(31, world.Buffer, Open(world), agreement.Runtime));
            await agreement.Method(
                $"Write to a file for {access}",
                world => Files.Write(47, world.Buffer, Open(world)),
                world => Files.WriteAsync(47, world.Buffer, Open(world), agreement.Runtime));
            await agreement.Method(
                $"Flush of a file for {access}", world => Files.Flush(Open(world)), world => Files.FlushAsync(Open(world), agreement.Runtime));
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Opening_agrees(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        const FileShare Share = FileShare.Read;
        const FileOptions None = FileOptions.None;
        (string? Path, FileMode, FileAccess, FileShare, FileOptions, long)[] cases =
        [
            .. from path in (string[])["~/data", "~/made", "~/missing/made", "~/data/below", "~"]
               from mode in (FileMode[])[.. Enum.GetValues<FileMode>(), 0, (FileMode)77]
               from access in (FileAccess[])[.. Enum.GetValues<FileAccess>(), 0]
               select (path, mode, access, Share, None, 0L),
            ("~/data", FileMode.Open, FileAccess.ReadWrite, FileShare.None, FileOptions.RandomAccess, 0),
            ("~/data", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.SequentialScan, 0),
            ("~/data", FileMode.Open, FileAccess.Read, (FileShare)77, None, 0),
            ("~/data", FileMode.Open, FileAccess.Read, Share, (FileOptions)77, 0),
            ("~/data", FileMode.Open, FileAccess.Read, Share, None, 9_001),
            ("~/made", FileMode.CreateNew, FileAccess.Write, Share, FileOptions.Asynchronous, 0),
            ("~/made", FileMode.CreateNew, FileAccess.ReadWrite, Share, FileOptions.WriteThrough, 9_001),
            ("~/made", FileMode.CreateNew, FileAccess.ReadWrite, Share, FileOptions.DeleteOnClose, 0),
            ("~/made", FileMode.CreateNew, FileAccess.Write, Share, None, -3),
            ("~/made", FileMode.CreateNew, FileAccess.Write, Share, None, long.MaxValue),
            (null, FileMode.Open, FileAccess.Read, Share, None, 0),
            ("", FileMode.Open, FileAccess.Read, Share, None, 0),
            ("nul\0inside", FileMode.Open, FileAccess.Read, Share, None, 0),
            ("/" + new string('n', 300), FileMode.Open, FileAccess.Read, Share, None, 0),
            ("/" + new string('n', 5_000), FileMode.Open, FileAccess.Read, Share, None, 0),
            ("/dev/null", FileMode.Open, FileAccess.ReadWrite, Share, None, 0),
        ];
        foreach ((string? path, FileMode mode, FileAccess access, FileShare share, FileOptions options, long size) in cases)
        {
            await agreement.Method(
                $"Open({path}, {mode}, {access}, {share}, {options}, {size})",
                world => Files.Open(Opening.In(world, path!), mode, access, share, options, size),
                world => Files.OpenAsync(Opening.In(world, path!), mode, access, share, options, size, agreement.Runtime));
        }

        foreach (string path in (string[])["~/data", "~/missing", "~"])
        {
            await agreement.Method(
                $"OpenByDefault({path})",
                world => Files.OpenByDefault(Opening.In(world, path)),
                world => Files.OpenByDefaultAsync(Opening.In(world, path), agreement.Runtime));
        }

        await agreement.Method("Open of a locked file", world => Files.OpenByDefault(Locked(world)), world => Files.OpenByDefaultAsync(Locked(world), agreement.Runtime));
        Assert.True(agreement.Compared.Failed > 50, $"Only {agreement.Compared} failed.");
    }

    private static IEnumerable<(string Kind, long Offset)> Places => World.Kinds.SelectMany(_ => Offsets, static (kind, offset) => (kind, offset));

    private static string Locked(World world)
    {
        world.Keep(File.OpenHandle(world.Data, FileMode.Open, FileAccess.ReadWrite, FileShare.None));
        return world.Data;
    }
}
