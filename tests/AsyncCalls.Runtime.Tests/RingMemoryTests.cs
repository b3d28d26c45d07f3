using System.Runtime.InteropServices;
using AsyncCalls.Interop.Linux;
using AsyncCalls.Ring;
using Microsoft.Win32.SafeHandles;

#pragma warning disable xUnit1031, xUnit1051 // Blocking, and with limits of its own, is what is tested here.

namespace AsyncCalls.Runtime.Tests;

/// <summary>The kinds of memory that a ring can be in.</summary>
public sealed class RingMemoryTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(-8)]
    [InlineData(CompletionRing.MaxEntries * 2)]
    public void EntriesAreAPowerOfTwoInRange(int entries)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new CompletionRing(entries));
        Assert.Throws<ArgumentOutOfRangeException>(() => CompletionRing.Create(new CompletionRingOptions { Entries = entries }));
        Assert.Throws<ArgumentOutOfRangeException>(() => CompletionRing.Create(new byte[4096], entries));
        Assert.Throws<ArgumentOutOfRangeException>(() => CompletionRing.GetRequiredBytes(entries));
    }

    [Fact]
    public void MemoryThatIsTooSmallOrMisalignedIsRefused()
    {
        int bytes = CompletionRing.GetRequiredBytes(8);
        Assert.Throws<ArgumentException>(() => CompletionRing.Create(new byte[bytes - 1], 8));
        Assert.Throws<ArgumentException>(() => CompletionRing.Create(new byte[bytes + 8].AsMemory(1), 8));
    }

    [Fact]
    public unsafe void MemoryOfTheCallerIsUsedAndLetGoOf()
    {
        byte[] memory = GC.AllocateArray<byte>(CompletionRing.GetRequiredBytes(8), pinned: true);
        Array.Fill(memory, (byte)0xEE);
        CompletionRing ring = CompletionRing.Create(memory, 8);
        Assert.Equal(CompletionRingStorageKind.Caller, ring.Storage.Kind);
        PassEvents(ring);
        fixed (byte* start = memory)
        {
            Assert.True(ring.Memory == start);
        }

        ring.Publish(RingTests.Events(0, 3));
        ring.Dispose();
        byte[] after = [.. memory];
        ring.Publish(RingTests.Events(3, 3));
        Assert.False(ring.TryPop(out _));
        Assert.Equal(0, ring.Reap(new CompletionEvent[4]));
        Assert.True(ring.IsEmpty);
        Assert.Equal(0, ring.Count);
        Assert.Equal(after, memory);
    }

    [Fact]
    public void DisposingWaitsForWhoIsAtWorkInMemoryOfTheCaller()
    {
        for (int round = 0; round < 200; round++)
        {
            byte[] memory = GC.AllocateArray<byte>(CompletionRing.GetRequiredBytes(8), pinned: true);
            CompletionRing ring = CompletionRing.Create(memory, 8);
            using var started = new ManualResetEventSlim();
            var consumer = Task.Run(() =>
            {
                while (!ring.IsClosed)
                {
                    ring.TryPop(out _);
                    ring.Publish(RingTests.Events(0, 1));
                    started.Set();
                }
            });
            started.Wait(TestContext.Current.CancellationToken);
            ring.Dispose();
            byte[] after = [.. memory];
            consumer.Wait(TestContext.Current.CancellationToken);
            Assert.Equal(after, memory);
        }
    }

    [Fact]
    public unsafe void ARingLiesOnTheStack()
    {
        int bytes = CompletionRing.GetRequiredBytes(4);
        byte* memory = stackalloc byte[bytes];
        using CompletionRing ring = CompletionRing.UnsafeCreate(memory, (nuint)bytes, 4);
        PassEvents(ring);
        Assert.Throws<ArgumentException>(() => CompletionRing.UnsafeCreate((byte*)8 + 1, 4096, 4));
        Assert.Throws<ArgumentNullException>(() => CompletionRing.UnsafeCreate(null, 4096, 4));
    }

    [Fact]
    public void SharedMemoryIsSealedAndNotInherited()
    {
        using CompletionRing ring = CompletionRing.Create(new CompletionRingOptions { Entries = 16, Shared = true });
        int fd = (int)ring.SharedMemory!.DangerousGetHandle();
        Assert.Equal(Syscalls.SealSize | 1, Syscalls.GetSeals(fd) & 7);
        Assert.Equal(-Errno.EPERM, Syscalls.FTruncate(fd, 0));
        Assert.Equal(-Errno.EPERM, Syscalls.FTruncate(fd, 1 << 20));
        string flags = File.ReadLines($"/proc/self/fdinfo/{fd}").First(line => line.StartsWith("flags:", StringComparison.Ordinal));
        const int CloseOnExec = 0x80000; // O_CLOEXEC
        Assert.NotEqual(0, Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & CloseOnExec);
        string mapping = Smaps("asynccalls-ring").First();
        Assert.Contains(" dc", mapping, StringComparison.Ordinal);
        PassEvents(ring);
    }

    [Fact]
    public void AFileOfTheCallerIsARing()
    {
        string path = $"/dev/shm/asynccalls-test-{Guid.NewGuid():n}";
        Assert.SkipUnless(Directory.Exists("/dev/shm"), "There is no tmpfs at /dev/shm.");
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite, FileOptions.DeleteOnClose);
        Assert.Throws<ArgumentException>(() => CompletionRing.Create(file, 8));
        RandomAccess.SetLength(file, 4096);
        using CompletionRing ring = CompletionRing.Create(file, 8);
        PassEvents(ring);
        Assert.Throws<InvalidDataException>(() => CompletionRing.Attach(file));
        using CompletionRing consumer = CompletionRing.Attach(file, trustUnsealed: true);
        ring.Publish(RingTests.Events(5, 1));
        Assert.True(consumer.TryPop(out CompletionEvent completion));
        Assert.Equal(5UL, completion.Cookie);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void HugePagesAreUsedWhereSomeAreReserved(bool shared)
    {
        const string Reserved = "/proc/sys/vm/nr_hugepages";
        string before;
        try
        {
            before = File.ReadAllText(Reserved).Trim();
            File.WriteAllText(Reserved, $"{int.Parse(before, null) + 2}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"Huge pages cannot be reserved: {e.Message}");
            return;
        }

        try
        {
            Assert.SkipUnless(int.Parse(File.ReadAllText(Reserved), null) >= int.Parse(before, null) + 2, "The kernel has no huge page to reserve.");
            using CompletionRing ring = CompletionRing.Create(new CompletionRingOptions { Entries = 64, HugePages = true, Shared = shared });
            Assert.Null(ring.Storage.HugePagesRefusal);
            Assert.True(ring.Storage.HasHugePages);
            PassEvents(ring);
        }
        finally
        {
            File.WriteAllText(Reserved, before);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void WithoutReservedHugePagesTheRingIsOfOrdinaryOnesAndSaysWhy(bool shared)
    {
        Assert.SkipUnless(File.ReadAllText("/proc/sys/vm/nr_hugepages").Trim() == "0", "Huge pages are reserved on this machine.");
        using CompletionRing ring = CompletionRing.Create(new CompletionRingOptions { Entries = 64, HugePages = true, Shared = shared });
        Assert.False(ring.Storage.HasHugePages);
        Assert.Contains("nr_hugepages", ring.Storage.HugePagesRefusal, StringComparison.Ordinal);
        PassEvents(ring);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void MemoryIsLockedOnRequestOnly(bool shared)
    {
        using CompletionRing plain = CompletionRing.Create(new CompletionRingOptions { Shared = shared });
        Assert.False(plain.Storage.IsLocked);
        Assert.Null(plain.Storage.LockRefusal);
        using CompletionRing ring = CompletionRing.Create(new CompletionRingOptions { Shared = shared, LockInMemory = true });
        Assert.True(ring.Storage.IsLocked != (ring.Storage.LockRefusal is not null));
        PassEvents(ring);
    }

    [Fact]
    public void TheGarbageCollectorNeverMovesARing()
    {
        using var ring = new CompletionRing(8);
        unsafe
        {
            byte* before = ring.Memory;
            ring.Publish(RingTests.Events(1, 3));
            GC.Collect(2, GCCollectionMode.Forced, blocking: true, compacting: true);
            Assert.True(before == ring.Memory);
        }

        Assert.True(ring.TryPop(out CompletionEvent completion));
        Assert.Equal(1UL, completion.Cookie);
    }

    [Fact]
    public void AnEntryIs32BytesAndTheWordsOfEachSideLieApart()
    {
        Assert.Equal(RingLayout.EntryBytes, Marshal.SizeOf<CompletionEvent>());
        Assert.True(RingLayout.Head - RingLayout.Tail >= 128);
        Assert.True(RingLayout.Requests - RingLayout.Head >= 128);
    }

    private static IEnumerable<string> Smaps(string name)
    {
        string[] lines = File.ReadAllLines("/proc/self/smaps");
        for (int i = 0; i < lines.Length; i++)
        {
            if (lines[i].Contains(name, StringComparison.Ordinal))
            {
                yield return lines.Skip(i).First(line => line.StartsWith("VmFlags:", StringComparison.Ordinal));
            }
        }
    }

    private static void PassEvents(CompletionRing ring)
    {
        int total = ring.Capacity * 3;
        ring.Publish(RingTests.Events(0, total));
        var events = new CompletionEvent[total];
        Assert.Equal(total, ring.Reap(events));
        Assert.Equal(Enumerable.Range(0, total), RingTests.Numbers(events));
    }
}
