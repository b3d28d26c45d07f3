using System.Runtime.InteropServices;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Error numbers of the runtime's own system calls: read once a call has failed, from where libc has them.</summary>
public sealed class ErrorNumberTests
{
    private const int Collections = 1_000;
    private const int NoDescriptor = -1;
    private const int OwnersError = 18; // EXDEV

    [Fact]
    public void An_error_number_survives_the_collector_and_the_compiler()
    {
        bool done = false;
        var collector = new Thread(() =>
        {
            for (int i = 0; i < Collections; i++)
            {
                // Stops every thread that runs managed code, one that comes back from the kernel too.
                GC.Collect(0, GCCollectionMode.Forced, blocking: true);
                Thread.SpinWait(1_000);
            }

            Volatile.Write(ref done, true);
        });
        collector.Start();
        int others = 0;
        while (!Volatile.Read(ref done))
        {
            others += Syscalls.Close(NoDescriptor) == -Errno.EBADF ? 0 : 1;
        }

        collector.Join();
        Assert.Equal(0, others);
    }

    [Fact]
    public void The_last_error_of_the_thread_stays_its_owners()
    {
        Marshal.SetLastPInvokeError(OwnersError);
        Assert.Equal(-Errno.EBADF, Syscalls.Close(NoDescriptor));
        Assert.Equal(OwnersError, Marshal.GetLastPInvokeError());
    }
}
