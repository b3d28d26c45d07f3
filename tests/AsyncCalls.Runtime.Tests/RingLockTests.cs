using System.Runtime.InteropServices;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Runtime.Tests;

/// <summary>mlock(2) of a ring where the system refuses it: the limit is used up, and the thread has no right to pass it.</summary>
[Collection(ProcessWide.Name)]
public sealed unsafe partial class RingLockTests
{
    private const int LockedMemoryLimit = 8; // RLIMIT_MEMLOCK
    private const uint CapabilityVersion = 0x20080522;
    private const int IpcLock = 14; // CAP_IPC_LOCK

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(4_096, false)]
    [InlineData(4_096, true)]
    public void A_refusal_is_told_and_the_ring_works(int limit, bool shared)
    {
        Native.Limits before = Native.GetLimit(LockedMemoryLimit);
        Native.SetLimit(LockedMemoryLimit, before with { Current = (ulong)limit });
        try
        {
            // Rights are a thread's own, and this one ends with the test.
            Bounded.OnThreads(1, _ =>
            {
                DropIpcLock();
                using CompletionRing ring = CompletionRing.Create(new CompletionRingOptions { Entries = 1_024, Shared = shared, LockInMemory = true });
                Assert.False(ring.Storage.IsLocked);
                Assert.Contains("mlock", ring.Storage.LockRefusal, StringComparison.Ordinal);
                Assert.Contains($"errno {(limit == 0 ? Errno.EPERM : Errno.ENOMEM)}", ring.Storage.LockRefusal, StringComparison.Ordinal);
                ring.Publish(RingTests.Events(0, 3));
                Assert.Equal(3, ring.Reap(new CompletionEvent[8]));
            });
        }
        finally
        {
            Native.SetLimit(LockedMemoryLimit, before);
        }
    }

    private static void DropIpcLock()
    {
        (uint Version, int Process) header = (CapabilityVersion, 0);
        Capabilities* sets = stackalloc Capabilities[2];
        Assert.Equal(0, capget(&header, sets));
        sets[0].Effective &= ~(1u << IpcLock);
        Assert.Equal(0, capset(&header, sets));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int capget((uint Version, int Process)* header, Capabilities* sets);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int capset((uint Version, int Process)* header, Capabilities* sets);

    /// <summary>What is permitted and what is inherited lies behind, and stays as it is.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 12)]
    private struct Capabilities
    {
        public uint Effective;
    }
}
