using System.Runtime.InteropServices;
using AsyncCalls.Integration.Tests.Subjects;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests;

/// <summary>
/// The twins that throw where their imports return -1. What they throw is what the class library throws for the same call, and they throw for no other.
/// </summary>
public sealed class ThrowingImportTests
{
    [Theory, CombinatorialLanes]
    public async Task Transfers_throw_what_the_class_library_throws(Lane lane)
    {
        await using var agreement = new Agreement(lane);

        // The class library reads and writes pipes and devices without an offset, where these imports answer ESPIPE, and asks for the position of a number that is not open.
        foreach (string kind in (string[])[World.ReadWrite, "read-only", "write-only", "direct", "directory", "/dev/full", "/dev/zero"])
        {
            await agreement.Method(
                $"pread of {kind}",
                world => RandomAccess.Read(world.Handle(kind), world.Buffer.AsSpan(0, 23), 83),
                async world => (int)await ThrowingImports.preadAsync(world.Handle(kind), world.Buffer, 23, 83, agreement.Runtime));
            await agreement.Method(
                $"pwrite to {kind}",
                world => RandomAccess.Write(world.Handle(kind), world.Buffer.AsSpan(0, 23), 83),
                async world => Assert.Equal(23, await ThrowingImports.pwriteAsync(world.Handle(kind), world.Buffer, 23, 83, agreement.Runtime)));
        }

        Assert.True(agreement.Compared.Failed > 3, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes(Portable = false)]
    public async Task Opening_throws_what_the_class_library_throws(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        foreach (string path in (string[])["~/data", "~/missing", "~/data/below", "/dev/full", "/" + new string('n', 300)])
        {
            await agreement.Method(
                $"open({path})",
                world => File.OpenHandle(Opening.In(world, path), FileMode.Open, FileAccess.Read, FileShare.ReadWrite),
                world => ThrowingImports.openAsync(Opening.In(world, path), Libc.ReadOnly | Libc.CloseOnExec, 0, agreement.Runtime));
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Exactly_the_calls_that_fail_throw(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        foreach (string kind in World.Kinds.Where(kind => kind is not (World.Closed or "invalid")))
        {
            using var world = new World();
            SafeFileHandle handle = world.Handle(kind);
            if (handle.IsInvalid)
            {
                continue;
            }

            (int expected, int errno) = Truncate(handle);
            Exception? thrown = await Record.ExceptionAsync(async () => Assert.Equal(0, await ThrowingImports.ftruncateAsync(handle, 53, runtime)));
            Assert.True(expected < 0 == thrown is not null, $"{kind}: {expected}, errno {errno}, {thrown}");
            Assert.True(thrown is null or IOException or UnauthorizedAccessException, $"{kind}: {thrown}");
        }

        static (int Result, int Errno) Truncate(SafeFileHandle handle) => (ThrowingImports.ftruncate(handle, 53), Marshal.GetLastPInvokeError());
    }
}
