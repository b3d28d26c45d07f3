using AsyncCalls.Backends.IoUring;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Runtime.Tests;

/// <summary>
/// Entering a ring by its place in the table of a thread. Each test has threads of its own, whose tables end with them, and closes the descriptor: what then still enters the ring does so by place.
/// </summary>
public sealed class RingPlacesTests
{
    /// <summary>IO_RINGFD_REG_MAX of the kernel.</summary>
    private const int PlacesOfAThread = 16;

    public RingPlacesTests() => Assert.SkipUnless(OperatingSystem.IsOSPlatformVersionAtLeast("linux", 5, 18), "Linux 5.18 brought the tables.");

    [Fact]
    public void Each_thread_enters_by_a_place_of_its_own() => WithRing(static ring =>
    {
        int fd = Syscalls.Duplicate(ring.Fd);
        var places = new RingPlaces(fd);
        using var entered = new ManualResetEventSlim();
        using var closed = new ManualResetEventSlim();
        int[] first = new int[2];
        int[] second = new int[2];
        OnThreads(
            () =>
            {
                first[0] = places.Enter(0, 0, 0);
                entered.Set();
                closed.Wait();
                second[0] = places.Enter(0, 0, 0);
            },
            () =>
            {
                entered.Wait();
                first[1] = places.Enter(0, 0, 0);
                Assert.Equal(0, Syscalls.Close(fd));
                second[1] = places.Enter(0, 0, 0);
                closed.Set();
            });
        Assert.Equal([0, 0], first);
        Assert.Equal([0, 0], second);
    });

    [Fact]
    public void A_place_is_given_back() => WithRing(static ring => OnThreads(() =>
    {
        for (int i = 0; i < PlacesOfAThread; i++)
        {
            var places = new RingPlaces(ring.Fd);
            Assert.Equal(0, places.Enter(0, 0, 0));
            places.Leave();
        }

        int fd = Syscalls.Duplicate(ring.Fd);
        var oneMore = new RingPlaces(fd);
        Assert.Equal(0, oneMore.Enter(0, 0, 0));
        Assert.Equal(0, Syscalls.Close(fd));
        Assert.Equal(0, oneMore.Enter(0, 0, 0));
    }));

    [Fact]
    public void Where_a_thread_has_no_place_left_the_descriptor_serves() => WithRing(static ring => OnThreads(() =>
    {
        RingPlaces[] many = [.. Enumerable.Range(0, PlacesOfAThread).Select(_ => new RingPlaces(ring.Fd))];
        Assert.All(many, static places => Assert.Equal(0, places.Enter(0, 0, 0)));
        int fd = Syscalls.Duplicate(ring.Fd);
        var oneMore = new RingPlaces(fd);
        Assert.Equal(0, oneMore.Enter(0, 0, 0));
        Assert.Equal(0, Syscalls.Close(fd));
        Assert.InRange(oneMore.Enter(0, 0, 0), int.MinValue, -1);
    }));

    private static void WithRing(Action<IoUringQueues> test)
    {
        using IoUringQueues? ring = IoUringSetup.TryCreate(new IoUringRequest(8), out _, out string reason);
        Assert.SkipWhen(ring is null, reason);
        test(ring);
    }

    private static void OnThreads(params Action[] parts)
    {
        var failures = new Exception?[parts.Length];
        Thread[] threads = [.. parts.Select((part, number) => new Thread(() => failures[number] = Record.Exception(part)))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => Assert.True(thread.Join(Bounded.Limit)));
        Assert.All(failures, Assert.Null);
    }
}
