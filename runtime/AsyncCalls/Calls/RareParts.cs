using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AsyncCalls.Calls;

/// <summary>One range of memory that stays where it is; foreign: a memory manager of the user's undoes it.</summary>
internal struct PinnedMemory
{
    public MemoryHandle Handle;
    public bool IsForeign;
}

/// <summary>
/// What only few calls need, apart from their record, which is half as large without it. A record gets its parts with the first call that needs one of them, and keeps them: so such calls
/// allocate nothing either, and whoever still looks at a record that has gone on to its next use finds that record's own.
/// </summary>
/// <remarks>The members belong to the parts of <see cref="Call"/> and <see cref="IoCall"/> that are named beside them, which say who may touch them when.</remarks>
internal sealed class RareParts
{
    // Call: ownership.
    public MorePins Pins;
    public SafeHandle? Closing;

    // Call.Deadline.
    public WheelPlace WheelPlace;
    public long Deadline;
    public TimeSpan Timeout;
    public IDeadlineKeeper? Timer;

    // IoCall: what its block names.
    public CallTexts Texts;
    public CallUses Uses;
    public CompletionRecord? Record;

    // IoCall.Attributes.
    public CallAttributes? Attributes;
    public CallAttribute MadeWith;
    public ulong Tuples;

    // IoCall.Links.
    public ICallChain? Chain;
    public int Place;
    public long WholeBytes;

    // IoCall.Shots.
    public IShotSink? Sink;
    public volatile bool Stopped;
    public bool SelectsBuffer;
    public ushort BufferGroup;
    public int? Kept;

    /// <summary>A pooled record keeps nobody alive, and tells its next use nothing.</summary>
    public void Forget()
    {
        Record = null;
        Attributes = null;
        Chain = null;
        Sink = null;
        Stopped = false;
        SelectsBuffer = false;
        Kept = null;
    }

    /// <summary>Beside the first pin, which most calls have: data, an address and the length of the address are the most that a system call takes.</summary>
    [InlineArray(2)]
    internal struct MorePins
    {
        private PinnedMemory _first;
    }

    /// <summary>Copies of the texts in the fields Path, Buffer and Sixth.</summary>
    [InlineArray(3)]
    internal struct CallTexts
    {
        private nint _first;
    }
}
