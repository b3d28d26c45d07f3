using System.Net.Sockets;
using AsyncCalls.Interop.Linux;
using AsyncCalls.Ring;
using Microsoft.Win32.SafeHandles;

#pragma warning disable xUnit1031, xUnit1051 // Blocking, and with limits of its own, is what is tested here.

namespace AsyncCalls.Runtime.Tests;

/// <summary>What a neighbour that is corrupt or hostile can do: end the ring, and nothing else.</summary>
public sealed unsafe class RingTrustTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(30);

    private static CompletionRing Shared(int entries = 8) => CompletionRing.Create(new CompletionRingOptions { Entries = entries, Shared = true });

    private static ref ulong Word64(CompletionRing ring, int offset) => ref *(ulong*)(ring.Memory + offset);

    private static ref uint Word32(CompletionRing ring, int offset) => ref *(uint*)(ring.Memory + offset);

    [Theory]
    [InlineData(RingLayout.Magic, 0u, typeof(InvalidDataException))]
    [InlineData(RingLayout.Version, 2u, typeof(NotSupportedException))]
    [InlineData(RingLayout.HeaderSize, 0u, typeof(InvalidDataException))]
    [InlineData(RingLayout.HeaderSize, 448u, typeof(InvalidDataException))]
    [InlineData(RingLayout.HeaderSize, 520u, typeof(InvalidDataException))]
    [InlineData(RingLayout.HeaderSize, 4096u, typeof(InvalidDataException))]
    [InlineData(RingLayout.HeaderSize, 0xFFFFFFC0u, typeof(InvalidDataException))]
    [InlineData(RingLayout.EntrySize, 16u, typeof(InvalidDataException))]
    [InlineData(RingLayout.EntrySize, 64u, typeof(InvalidDataException))]
    [InlineData(RingLayout.Entries, 0u, typeof(InvalidDataException))]
    [InlineData(RingLayout.Entries, 7u, typeof(InvalidDataException))]
    [InlineData(RingLayout.Entries, 0x80000000u, typeof(InvalidDataException))]
    [InlineData(RingLayout.Entries, 128u, typeof(InvalidDataException))]
    [InlineData(RingLayout.Mask, 0xFFFFFFFFu, typeof(InvalidDataException))]
    [InlineData(RingLayout.Mask, 3u, typeof(InvalidDataException))]
    [InlineData(RingLayout.IncompatibleFeatures, 1u, typeof(NotSupportedException))]
    [InlineData(RingLayout.IncompatibleFeatures + 4, 0x80000000u, typeof(NotSupportedException))]
    public void AHeaderThatCannotBeTrueIsRefused(int offset, uint value, Type error)
    {
        using CompletionRing ring = Shared();
        Word32(ring, offset) = value;
        if (offset == RingLayout.Entries)
        {
            Word32(ring, RingLayout.Mask) = value - 1;
        }

        Assert.Throws(error, () => CompletionRing.Attach(ring.SharedMemory!));
    }

    [Fact]
    public void AnUnknownCompatibleFeatureIsAccepted()
    {
        using CompletionRing ring = Shared();
        Word64(ring, RingLayout.CompatibleFeatures) = ulong.MaxValue;
        using CompletionRing consumer = CompletionRing.Attach(ring.SharedMemory!);
        Assert.Equal(8, consumer.Capacity);
        Assert.False(consumer.IsOwner);
        Assert.Throws<InvalidOperationException>(() => consumer.Publish(RingTests.Events(0, 1)));
        Assert.Throws<InvalidOperationException>(() => consumer.GetHandle());
        Assert.Throws<InvalidOperationException>(() => consumer.Reap(new CompletionEvent[1], 1, Soon));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    [InlineData(512 + 32)]
    public void AFileThatIsTooSmallIsRefused(long length)
    {
        using var file = new SafeFileHandle(Syscalls.MemFd("test\0"u8, hugePages: false), ownsHandle: true);
        Assert.Equal(0, Syscalls.FTruncate((int)file.DangerousGetHandle(), length));
        Assert.Equal(0, Syscalls.SealFileSize((int)file.DangerousGetHandle()));
        Assert.Throws<InvalidDataException>(() => CompletionRing.Attach(file));
    }

    [Fact]
    public void AFileThatIsNotMemoryOrNotSealedIsRefused()
    {
        using var pipe = new TestPipe();
        Assert.Throws<InvalidDataException>(() => CompletionRing.Attach(pipe.Reader));
        Assert.Throws<InvalidDataException>(() => CompletionRing.Attach(pipe.Reader, trustUnsealed: true));
        using var unsealed = new SafeFileHandle(Syscalls.MemFd("test\0"u8, hugePages: false), ownsHandle: true);
        Assert.Equal(0, Syscalls.FTruncate((int)unsealed.DangerousGetHandle(), 4096));
        Assert.Throws<InvalidDataException>(() => CompletionRing.Attach(unsealed));
        Assert.Throws<InvalidDataException>(() => CompletionRing.Attach(unsealed, trustUnsealed: true));
    }

    [Theory]
    [InlineData(RingLayout.Tail, 9UL)]
    [InlineData(RingLayout.Tail, ulong.MaxValue)]
    [InlineData(RingLayout.Tail, 1UL << 63)]
    [InlineData(RingLayout.Head, 1UL)]
    [InlineData(RingLayout.Head, ulong.MaxValue - 8)]
    [InlineData(RingLayout.Head, 1UL << 63)]
    public void AConsumerGivesUpARingWhoseIndicesCannotBeTrue(int offset, ulong value)
    {
        using CompletionRing ring = Shared();
        using CompletionRing consumer = CompletionRing.Attach(ring.SharedMemory!);
        ulong before = Word64(ring, offset);
        Word64(ring, offset) = value;
        Assert.Throws<InvalidDataException>(() => consumer.TryPop(out _));
        Assert.True(consumer.IsBroken);
        Assert.Contains("entries apart", consumer.BrokenReason, StringComparison.Ordinal);
        Assert.InRange(consumer.Count, 0, 8);

        // It stays broken when the neighbour takes it back.
        Word64(ring, offset) = before;
        Assert.Throws<InvalidDataException>(() => consumer.TryPop(out _));
        Assert.Throws<InvalidDataException>(() => consumer.Reap(new CompletionEvent[4]));
        Assert.Throws<InvalidDataException>(() => ring.TryPop(out _) ? 1 : throw new InvalidDataException());
    }

    [Theory]
    [InlineData(100UL)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue - 100)]
    public void TheOwnerGivesUpARingWhoseHeadCannotBeTrueAndLosesNothingThatDidNotEnterIt(ulong head)
    {
        using CompletionRing ring = Shared();
        var waiter = Task.Run(() => ring.Reap(new CompletionEvent[8], 8, Late));
        ring.Publish(RingTests.Events(0, 7));
        Word64(ring, RingLayout.Head) = head;
        ring.Publish(RingTests.Events(7, 5));
        Assert.True(ring.IsBroken);
        Assert.IsType<InvalidDataException>(Record.Exception(() => waiter.GetAwaiter().GetResult()));
        Assert.Throws<InvalidDataException>(() => ring.Reap(new CompletionEvent[8], 1, Late));
        ring.Publish(RingTests.Events(12, 1));
        var left = new CompletionEvent[16];
        Assert.Equal(6, ring.TakeUndelivered(left));
        Assert.Equal(Enumerable.Range(7, 6), RingTests.Numbers(left.AsSpan(0, 6)));

        // Neighbours learn it from the flag.
        Word64(ring, RingLayout.Head) = Word64(ring, RingLayout.Tail);
        using CompletionRing consumer = CompletionRing.Attach(ring.SharedMemory!);
        Assert.Throws<InvalidDataException>(() => consumer.TryPop(out _));
    }

    [Fact]
    public void WhatWasTakenBeforeTheRingBrokeIsReturned()
    {
        using CompletionRing ring = Shared();
        using SafeFileHandle wake = ring.CreateWakeHandle();
        using CompletionRing consumer = CompletionRing.Attach(ring.SharedMemory!, wake);
        var events = new CompletionEvent[20];
        var waiter = Task.Run(() => consumer.Reap(events, 20, Late));
        ring.Publish(RingTests.Events(0, 8));
        Assert.True(SpinWait.SpinUntil(() => ring.IsEmpty, Late));
        Word64(ring, RingLayout.Head) = 1UL << 63;
        ring.Publish(RingTests.Events(8, 8));
        Assert.Equal(8, waiter.Result);
        Assert.Throws<InvalidDataException>(() => consumer.Reap(events, 20, Late));
    }

    [Fact]
    public void WhatANeighbourWritesOverTheHeaderChangesNothing()
    {
        using CompletionRing ring = Shared();
        using CompletionRing consumer = CompletionRing.Attach(ring.SharedMemory!);
        new Span<byte>(ring.Memory, 128).Fill(0xFF);
        ring.Publish(RingTests.Events(0, 20));
        var events = new CompletionEvent[32];
        Assert.Equal(8, consumer.Reap(events));
        Assert.Equal(Enumerable.Range(0, 8), RingTests.Numbers(events.AsSpan(0, 8)));
        Assert.Equal(12, ring.Reap(events));
    }

    [Fact]
    public void WhatANeighbourWritesIntoTheProducersWordsIsNotReadBack()
    {
        using CompletionRing ring = Shared();
        Word32(ring, RingLayout.ProducerFlags) = RingLayout.OverflowFlag;
        Assert.False(ring.TryPop(out _));
        Assert.Equal(0u, Word32(ring, RingLayout.ProducerFlags));
        ring.Publish(RingTests.Events(0, 3));
        Word64(ring, RingLayout.Tail) = 1234567;
        Word64(ring, RingLayout.OverflowCount) = 99;
        ring.Publish(RingTests.Events(3, 1));
        Assert.Equal(4UL, Word64(ring, RingLayout.Tail));
        Assert.Equal(0UL, ring.OverflowCount);
        Assert.Equal(4, ring.Reap(new CompletionEvent[8]));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue - 1)]
    [InlineData(1000UL)]
    public void AWakeTargetOfANeighbourCostsNoMoreThanTheTime(ulong target)
    {
        using CompletionRing ring = Shared();
        Word64(ring, RingLayout.WakeTarget) = target;
        var events = new CompletionEvent[4];
        Assert.Equal(0, ring.Reap(events, 1, Soon));
        ring.Publish(RingTests.Events(0, 1));
        Assert.Equal(1, ring.Reap(events, 1, Late));
    }

    [Fact]
    public void ANeighbourThatWritesAtRandomNeitherCrashesNorHangsAnyone()
    {
        for (int round = 0; round < 20; round++)
        {
            using CompletionRing ring = Shared();
            using SafeFileHandle wake = ring.CreateWakeHandle();
            using CompletionRing consumer = CompletionRing.Attach(ring.SharedMemory!, wake, ring.GetDoorbell());
            using var stop = new CancellationTokenSource(Soon);
            int seed = round;
            var vandal = Task.Run(() =>
            {
                var random = new Random(seed);
                int[] words = [RingLayout.Tail, RingLayout.ProducerFlags, RingLayout.Head, RingLayout.Requests, RingLayout.WakeTarget];
                while (!stop.IsCancellationRequested)
                {
                    // Mostly near the truth, where the checks are hardest.
                    ulong near = Word64(ring, RingLayout.Tail) + (ulong)random.Next(-10, 10);
                    Word64(ring, words[random.Next(words.Length)]) = random.Next(4) == 0 ? (ulong)random.NextInt64() : near;
                }
            });
            var users = new Action[]
            {
                () => ring.Publish(RingTests.Events(0, 3)),
                () => ring.TryPop(out _),
                () => ring.Reap(new CompletionEvent[4], 2, TimeSpan.FromMilliseconds(1)),
                () => consumer.TryPop(out _),
                () => consumer.Reap(new CompletionEvent[4], 2, TimeSpan.FromMilliseconds(1)),
            }.Select(use => Task.Run(() =>
            {
                while (!stop.IsCancellationRequested)
                {
                    try
                    {
                        use();
                    }
                    catch (InvalidDataException)
                    {
                        return;
                    }
                }
            })).ToArray();
            Assert.True(Task.WaitAll([vandal, .. users], (int)Late.TotalMilliseconds, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public void ConsumersElsewhereRingForWhatWaitsOutsideAndAreWoken()
    {
        using CompletionRing ring = Shared(4);
        using SafeFileHandle wake = ring.CreateWakeHandle();
        using CompletionRing consumer = CompletionRing.Attach(ring.SharedMemory!, wake, ring.GetDoorbell());
        ring.Publish(RingTests.Events(0, 100));
        var events = new CompletionEvent[100];

        // Nobody publishes any more, and nobody in the owning process looks: the doorbell alone brings the rest in.
        Assert.Equal(100, consumer.Reap(events, 100, Late));
        Assert.Equal(Enumerable.Range(0, 100), RingTests.Numbers(events));
        Assert.Equal(0, consumer.Reap(events, 1, Soon));
        ring.Dispose();
        Assert.Equal(0, consumer.Reap(events, 1, Timeout.InfiniteTimeSpan));
        Assert.True(consumer.IsClosed);
    }

    [Fact]
    public void ARingTravelsThroughASocket()
    {
        string path = Path.Combine(Path.GetTempPath(), $"ring-{Guid.NewGuid():n}");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(path));
        using Socket server = listener.Accept();
        File.Delete(path);

        using CompletionRing ring = Shared(4);
        using SafeFileHandle wake = ring.SendTo(server);
        using CompletionRing consumer = CompletionRing.ReceiveFrom(client);
        var events = new CompletionEvent[10];
        var waiter = Task.Run(() => consumer.Reap(events, 10, Late));
        ring.Publish(RingTests.Events(0, 10));
        Assert.Equal(10, waiter.Result);

        server.Send("not a ring"u8);
        Assert.Throws<InvalidDataException>(() => CompletionRing.ReceiveFrom(client));
        using var privately = new CompletionRing(4);
        Assert.Throws<InvalidOperationException>(() => privately.SendTo(server));
    }
}
