using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests.Subjects;

/// <summary>Methods with settings.</summary>
internal sealed partial class Limited(AsyncCallRuntime calls)
{
    public const int ShortMs = 30;

    [AsyncCall(TimeoutMs = ShortMs)]
    public int Wait(CancellationToken cancellationToken)
    {
        cancellationToken.WaitHandle.WaitOne();
        cancellationToken.ThrowIfCancellationRequested();
        return 0;
    }

    [AsyncCall(TakesOptions = true)]
    public int WaitWithOptions(CancellationToken cancellationToken) => Wait(cancellationToken);

    [AsyncCall(TakesOptions = true, TimeoutMs = ShortMs)]
    public static bool WaitFor(ManualResetEventSlim ready, CancellationToken cancellationToken)
    {
        ready.Wait(cancellationToken);
        return true;
    }

    [AsyncCall(RequiredBackends = AsyncCallBackends.IoUring, TakesOptions = true)]
    public int ReadNatively(SafeFileHandle file, Span<byte> block, long offset) => RandomAccess.Read(file, block, offset);
}

internal static partial class LimitedImports
{
    [AsyncCall(TimeoutMs = Limited.ShortMs)]
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(SafeFileHandle fd, Span<byte> buf, nuint count);

    [AsyncCall(RequiredBackends = AsyncCallBackends.IoUring, Errors = AsyncCallErrors.Result)]
    [LibraryImport("libc", SetLastError = true)]
    public static partial nint pread(SafeFileHandle fd, Span<byte> buf, nuint count, long offset);
}
