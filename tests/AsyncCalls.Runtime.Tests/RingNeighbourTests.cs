using System.Net.Sockets;
using AsyncCalls.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>What a neighbour can do with the descriptors that it was sent, and by dying.</summary>
public sealed unsafe class RingNeighbourTests
{
    private const int SetFlags = 4; // F_SETFL
    private const int Epipe = 32;

    /// <summary>An eventfd that the two share could be made to block the owner: its flags and its counter are the neighbour's too.</summary>
    [Fact]
    public void A_neighbour_that_misuses_its_wake_descriptor_does_not_hold_up_the_owner()
    {
        using CompletionRing ring = Shared();
        using var neighbour = new Neighbour(ring);
        Fill(neighbour.Wake);
        Bounded.OnThreads(1, _ =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                ring.TryArm(1);
                ring.Publish([default]);
                Assert.True(ring.TryPop(out CompletionEvent _));
            }
        });
    }

    [Fact]
    public void A_neighbour_that_misuses_its_doorbell_does_not_hold_up_other_rings()
    {
        using CompletionRing ring = Shared();
        using var hostile = new Neighbour(ring);
        Fill(hostile.Doorbell);
        using CompletionRing other = Shared();
        using CompletionRing consumer = Pass(other, out SafeFileHandle wake);
        var events = new CompletionEvent[1_000];
        other.Publish(new CompletionEvent[1_000]);
        Bounded.OnThreads(1, _ => Assert.Equal(1_000, consumer.Reap(events, 1_000, Bounded.Limit)));

        // And the ring of the neighbour itself goes on.
        ring.Publish(new CompletionEvent[100]);
        Bounded.OnThreads(1, _ => Assert.Equal(100, ring.Reap(events, 100, Bounded.Limit)));
        wake.Dispose();
    }

    /// <summary>A killed owner closes nothing in the ring; its end of the descriptor goes with it.</summary>
    [Fact]
    public void A_consumer_that_waits_without_limit_sees_that_nobody_will_wake_it()
    {
        using CompletionRing ring = Shared();
        using CompletionRing consumer = Pass(ring, out SafeFileHandle wake);
        using CompletionRing late = Pass(ring, out SafeFileHandle other);
        ring.Publish([default, default]);
        Bounded.OnThreads(2, number =>
        {
            if (number == 0)
            {
                Bounded.Until(() => ring.HasSleeper(), "the other waits");
                wake.Dispose();
                return;
            }

            Assert.Equal(2, consumer.Reap(new CompletionEvent[8], 8, Timeout.InfiniteTimeSpan));
        });
        Assert.True(consumer.IsClosed);
        Assert.False(ring.IsClosed);
        Assert.Equal(0, consumer.Reap(new CompletionEvent[8], 8, Timeout.InfiniteTimeSpan));

        // What comes all the same can be taken, and others are woken as before.
        ring.Publish([default]);
        Assert.True(consumer.TryPop(out _));
        Assert.False(late.IsClosed);
        other.Dispose();
    }

    [Fact]
    public void A_consumer_in_C_sees_that_nobody_will_wake_it()
    {
        using CProgram program = CProgram.Compile(
            """
            #include "asynccalls_ring.h"
            #include <stdio.h>
            #include <stdlib.h>
            int main(int count, char **arguments) {
                acring ring;
                acring_event events[16];
                int ends[2];
                if (pipe(ends) != 0)
                    return 1;
                int attached = acring_attach(&ring, open(arguments[count - 1], O_RDWR), ends[0], -1, 0);
                if (write(ends[1], &attached, 4) != 4)
                    return 2;
                close(ends[1]);
                int first = acring_wait(&ring, events, 16, 16, -1);
                printf("%d %d %d", attached, first, acring_wait(&ring, events, 16, 1, -1));
                return 0;
            }
            """);
        using CompletionRing ring = Shared();
        ring.Publish(RingTests.Events(0, 3));
        Assert.Equal($"0 3 {-Epipe}", program.Run($"/proc/{Environment.ProcessId}/fd/{ring.SharedMemory!.DangerousGetHandle()}"));
    }

    private static CompletionRing Shared() => CompletionRing.Create(new CompletionRingOptions { Entries = 8, Shared = true });

    private static CompletionRing Pass(CompletionRing ring, out SafeFileHandle wake)
    {
        (Socket owner, Socket receiver) = Connect();
        using (owner)
        using (receiver)
        {
            wake = ring.SendTo(owner);
            return CompletionRing.ReceiveFrom(receiver);
        }
    }

    private static (Socket Owner, Socket Receiver) Connect()
    {
        string path = Path.Combine(Path.GetTempPath(), $"ring-{Guid.NewGuid():n}");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var receiver = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        receiver.Connect(new UnixDomainSocketEndPoint(path));
        Socket owner = listener.Accept();
        File.Delete(path);
        return (owner, receiver);
    }

    /// <summary>Makes an open file blocking, and its buffer or counter full: what can be done with a descriptor of it.</summary>
    private static void Fill(SafeFileHandle descriptor)
    {
        int fd = (int)descriptor.DangerousGetHandle();
        Assert.Equal(0, Native.fcntl(fd, SetFlags, Native.NonBlock));
        foreach (ulong value in (ulong[])[ulong.MaxValue - 1, 1])
        {
            while (Native.write(fd, (byte*)&value, sizeof(ulong)) > 0)
            {
            }
        }

        Assert.Equal(0, Native.fcntl(fd, SetFlags, 0));
    }

    /// <summary>A process that was sent a ring and does with its descriptors what it likes.</summary>
    private sealed class Neighbour : IDisposable
    {
        private readonly SafeFileHandle _owners;

        public Neighbour(CompletionRing ring)
        {
            (Socket owner, Socket receiver) = Connect();
            using (owner)
            using (receiver)
            {
                _owners = ring.SendTo(owner);
                Span<int> descriptors = stackalloc int[3];
                Assert.Equal(4, Syscalls.ReceiveDescriptors((int)receiver.Handle, stackalloc byte[4], descriptors, out int passed, out _));
                Assert.Equal(3, passed);
                Assert.Equal(0, Native.close(descriptors[0]));
                Wake = new SafeFileHandle(descriptors[1], ownsHandle: true);
                Doorbell = new SafeFileHandle(descriptors[2], ownsHandle: true);
            }
        }

        public SafeFileHandle Wake { get; }

        public SafeFileHandle Doorbell { get; }

        public void Dispose()
        {
            Wake.Dispose();
            Doorbell.Dispose();
            _owners.Dispose();
        }
    }
}
