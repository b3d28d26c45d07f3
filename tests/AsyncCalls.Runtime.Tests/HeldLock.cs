using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>A lock on a file that is held: a flock(2) of it waits until it is released, without limit, on every lane.</summary>
internal sealed class HeldLock : IDisposable
{
    private readonly string _path = Path.GetTempFileName();
    private readonly SafeFileHandle _holder;

    public HeldLock()
    {
        _holder = Native.OpenFile(_path, Native.ReadWrite);
        Handle = Native.OpenFile(_path, Native.ReadWrite);
        Assert.Equal(0, Native.flock((int)_holder.DangerousGetHandle(), Native.LockExclusive));
    }

    /// <summary>Another open file of the same path, which waits for the lock.</summary>
    public SafeFileHandle Handle { get; }

    public Task<int> WaitAsync(AsyncCallRuntime runtime, CancellationToken token) =>
        runtime.FlockAsync((int)Handle.DangerousGetHandle(), Native.LockExclusive, token).AsTask();

    public void Release() => _holder.Dispose();

    public void Dispose()
    {
        _holder.Dispose();
        Handle.Dispose();
        File.Delete(_path);
    }
}
