using System.Runtime.InteropServices;
using AsyncCalls.CompilerServices;
using AsyncCalls.Integration.Tests.Subjects;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests;

/// <summary>The twins of imports that give and take values of every kind against the imports.</summary>
public sealed class ShapeImportTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>All handles but pipes, whose copies have numbers for names.</summary>
    private static readonly string[] Named = [.. World.Kinds.Where(kind => !kind.StartsWith("pipe", StringComparison.Ordinal))];

    [Theory, CombinatorialLanes]
    public async Task Results_have_the_error_number(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        AsyncCallRuntime runtime = agreement.Runtime;
        foreach (string kind in World.Kinds)
        {
            await WithErrno(
                agreement,
                $"pread of {kind}",
                world => ResultImports.pread(world.Handle(kind), world.Buffer, 23, 83),
                world => ResultImports.preadAsync(world.Handle(kind), world.Buffer, 23, 83, runtime));
            await WithErrno(
                agreement,
                $"pwrite to {kind}",
                world => ResultImports.pwrite(world.Handle(kind), world.Buffer, 23, 83),
                world => ResultImports.pwriteAsync(world.Handle(kind), world.Buffer, 23, 83, runtime));
            await WithErrno(
                agreement,
                $"ftruncate of {kind}",
                world => ResultImports.ftruncate(world.Handle(kind), 53),
                world => ResultImports.ftruncateAsync(world.Handle(kind), 53, runtime));
        }

        foreach (string kind in Named)
        {
            await WithErrno(agreement, $"dup of {kind}", world => ResultImports.dup(world.Handle(kind)), world => ResultImports.dupAsync(world.Handle(kind), runtime));
        }

        foreach (int clock in (int[])[0, 1, 4_711])
        {
            await WithErrno(
                agreement,
                $"clock_getres({clock})",
                _ => (ResultImports.clock_getres(clock, out TimeSpec resolution), resolution),
                _ => ResultImports.clock_getresAsync(clock, runtime));
        }

        foreach ((string path, int flags, uint mode) in Opening.Cases)
        {
            await WithErrno(
                agreement,
                $"open({path}, {flags:x})",
                world => ResultImports.open(Opening.In(world, path), flags, mode),
                world => ResultImports.openAsync(Opening.In(world, path), flags, mode, runtime));
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Results_tell_success_from_failure(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var world = new World();
        SafeFileHandle file = world.Handle(World.ReadWrite);

        AsyncCallResult<nint> read = await ResultImports.preadAsync(file, world.Buffer, 7, 0, runtime);
        AsyncCallResult<SafeFileHandle> missing = await ResultImports.openAsync(world.Data + ".missing", Libc.ReadOnly, 0, runtime);
        AsyncCallResult<int> negative = await ResultImports.ftruncateAsync(file, -1, runtime);

        Assert.Equal((true, 7, 0), (read.IsSuccess, (int)read.GetValueOrThrow(), read.Errno));
        Assert.Equal((false, 2, true), (missing.IsSuccess, missing.Errno, missing.Value.IsInvalid));
        Assert.Throws<FileNotFoundException>(missing.GetValueOrThrow);
        Assert.Equal((false, 22, -1), (negative.IsSuccess, negative.Errno, negative.Value));
    }

    [Theory, CombinatorialLanes]
    public async Task Values_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        AsyncCallRuntime runtime = agreement.Runtime;
        foreach (string kind in Named)
        {
            await agreement.Import($"dup of {kind}", world => ValueImports.dup(world.Handle(kind)), world => ValueImports.dupAsync(world.Handle(kind), runtime));
        }

        // A shared lock: devices are the same in both worlds.
        await agreement.ImportOnHandles("flock", (fd, _) => ValueImports.flock(fd, 1 | 4), (fd, _) => ValueImports.flockAsync(fd, 1 | 4, runtime));
        foreach (Whence whence in Enum.GetValues<Whence>())
        {
            await agreement.ImportOnHandles(
                $"lseek from {whence}", (fd, _) => ValueImports.lseek(fd, 5, whence), (fd, _) => ValueImports.lseekAsync(fd, 5, whence, runtime));
        }

        await agreement.Import("div", _ => ValueImports.div(90, 7), _ => ValueImports.divAsync(90, 7, runtime));
        await agreement.Import(
            "inet_netof", _ => ValueImports.inet_netof(new Address(0x0100007f)), _ => ValueImports.inet_netofAsync(new Address(0x0100007f), runtime));
        foreach (int clock in (int[])[0, 1, 4_711])
        {
            await agreement.Import(
                $"clock_getres({clock})",
                _ => (ValueImports.clock_getres(clock, out TimeSpec resolution), resolution),
                _ => ValueImports.clock_getresAsync(clock, runtime));
        }

        foreach (TimeSpec time in (TimeSpec[])[new(0, 1_000), new(0, -1)])
        {
            await agreement.Import(
                $"nanosleep({time})",
                _ => (ValueImports.nanosleep(in time, out TimeSpec left), left),
                _ => ValueImports.nanosleepAsync(time, runtime));
        }

        Assert.True(agreement.Compared.Failed > 10, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes]
    public async Task Strings_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        foreach ((string path, int flags, uint mode) in Opening.Cases)
        {
            await agreement.Opens(
                $"open({path}, {flags:x})",
                world => ValueImports.openMarshalled(Opening.In(world, path), flags, mode),
                world => ValueImports.openMarshalledAsync(Opening.In(world, path), flags, mode, agreement.Runtime));
        }

        // Of "/größe" as UTF-16, C sees "/".
        await agreement.Opens(
            "open of UTF-16",
            _ => ValueImports.openWide("/größe", Libc.ReadOnly | Libc.CloseOnExec, 0),
            _ => ValueImports.openWideAsync("/größe", Libc.ReadOnly | Libc.CloseOnExec, 0, agreement.Runtime));
    }

    [Theory, CombinatorialLanes]
    public async Task Failures_of_every_type_of_result_throw(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var world = new World();
        SafeFileHandle file = world.Handle(World.ReadWrite);
        using var closed = new SafeFileHandle(99_999, ownsHandle: false);

        using SafeFileHandle copy = await ValueImports.dupOrThrowAsync(file, runtime);
        Assert.False(copy.IsInvalid);
        Assert.Equal(Status.Done, await ValueImports.flockOrThrowAsync(file, 1, runtime));
        Assert.Equal(0, (await ValueImports.clock_getresOrThrowAsync(1, runtime)).result);

        await AssertFails(async () => await ValueImports.dupOrThrowAsync(closed, runtime));
        await AssertFails(async () => await ValueImports.flockOrThrowAsync(closed, 1, runtime));
        await AssertFails(async () => await ValueImports.clock_getresOrThrowAsync(4_711, runtime));
    }

    [Theory, CombinatorialLanes]
    public async Task A_cancelled_import_disposes_the_handle_that_it_brings(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var cancel = new CancellationTokenSource();
        using var running = new ManualResetEventSlim();
        using var finish = new ManualResetEventSlim();
        using var produced = new SafeFileHandle(99_999, ownsHandle: false);

        Task<SafeFileHandle> call = WorkerCalls.RunImport(
            runtime,
            "open",
            AsyncCallErrors.ReturnValue,
            interruptible: false,
            (running, finish, produced),
            static state =>
            {
                state.running.Set();
                state.finish.Wait();
                return state.produced;
            },
            cancel.Token).AsTask();
        Assert.True(running.Wait(Limit));
        await cancel.CancelAsync();
        finish.Set();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Limit));
        Assert.True(produced.IsClosed);
    }

    private static async Task AssertFails(Func<Task> call)
    {
        Exception? thrown = await Record.ExceptionAsync(call);
        Assert.True(thrown is IOException or UnauthorizedAccessException, $"{thrown}");
    }

    /// <summary>The result and the error number of the import against those in the result of its twin.</summary>
    private static Task WithErrno<T>(Agreement agreement, string what, Func<World, T> original, Func<World, ValueTask<AsyncCallResult<T>>> twin) => agreement.Method(
        what,
        world =>
        {
            T value = original(world);
            int errno = Marshal.GetLastPInvokeError();
            return (world.Describe(value), errno);
        },
        async world =>
        {
            AsyncCallResult<T> result = await twin(world);
            return (world.Describe(result.Value), result.Errno);
        });
}
