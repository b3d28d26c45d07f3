using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Blocks and contexts in short.</summary>
internal static class Blocks
{
    /// <summary>The numbers of system calls on this processor.</summary>
    public static readonly int GetPid = OnX64 ? 39 : 172;
    public static readonly int ReadNumber = OnX64 ? 0 : 63;
    public static readonly int CloseNumber = OnX64 ? 3 : 57;

    private static bool OnX64 => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    public static Iocb With(this Iocb block, ulong cookie, IocbFlags flags = IocbFlags.None, ulong record = 0)
    {
        block.Cookie = cookie;
        block.Flags |= flags;
        block.Record = record;
        return block;
    }

    /// <summary>A block with one byte set that no method of <see cref="Iocb"/> sets so.</summary>
    public static Iocb WithByte(this Iocb block, int offset, byte value)
    {
        MemoryMarshal.AsBytes(new Span<Iocb>(ref block))[offset] = value;
        return block;
    }

    public static Iocb WithHandle(this Iocb block, ulong id)
    {
        block.Handle = (long)id;
        return block;
    }

    public static Iocb WithBuffer(this Iocb block, ulong id)
    {
        block.Buffer = id;
        return block;
    }

    /// <summary>That many no-ops with the cookies 1, 2, 3, …</summary>
    public static Iocb[] Nops(int count) => [.. Enumerable.Range(1, count).Select(number => Iocb.Nop().With((ulong)number))];

    /// <summary>Exactly so many events, or the test fails.</summary>
    public static CompletionEvent[] ReapExactly(this AsyncCallContext context, int count)
    {
        var events = new CompletionEvent[count];
        int reaped = 0;
        while (reaped < count)
        {
            int more = context.Reap(events.AsSpan(reaped), count - reaped, Bounded.Limit);
            Assert.True(more > 0, $"Only {reaped} of {count} events came.");
            reaped += more;
        }

        return events;
    }

    public static CompletionEvent ReapOne(this AsyncCallContext context) => context.ReapExactly(1)[0];

    /// <summary>Whether someone asked to be woken and has not been.</summary>
    public static unsafe bool HasSleeper(this CompletionRing ring) => Volatile.Read(ref *(ulong*)(ring.Memory + Ring.RingLayout.WakeTarget)) != ulong.MaxValue;

    /// <summary>Whether a thread waits for ids.</summary>
    public static bool HasWaiter(this AsyncCallContext context) => Waiters(context) != 0;

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_waiters")]
    private static extern ref int Waiters(AsyncCallContext context);

    /// <summary>Nothing is in flight and nothing more is to be reaped.</summary>
    public static void AssertQuiet(this AsyncCallContext context)
    {
        Bounded.Until(() => context.InFlight == 0, "nothing is in flight");
        Assert.False(context.TryPop(out CompletionEvent unexpected), $"An event nobody waits for: cookie {unexpected.Cookie}.");
    }
}

/// <summary>Memory that knows how often it is pinned.</summary>
internal sealed unsafe class CountingMemory : System.Buffers.MemoryManager<byte>
{
    private readonly byte[] _bytes;
    private int _pins;

    public CountingMemory(int length) => _bytes = GC.AllocateArray<byte>(length, pinned: true);

    public int Pins => Volatile.Read(ref _pins);

    public override Span<byte> GetSpan() => _bytes;

    public override System.Buffers.MemoryHandle Pin(int elementIndex = 0)
    {
        Interlocked.Increment(ref _pins);
        return new System.Buffers.MemoryHandle((byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, elementIndex), default, this);
    }

    public override void Unpin() => Assert.True(Interlocked.Decrement(ref _pins) >= 0, "Unpinned more often than pinned.");

    protected override void Dispose(bool disposing)
    {
    }
}
