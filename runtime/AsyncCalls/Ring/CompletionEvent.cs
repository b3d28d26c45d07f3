using System.Runtime.InteropServices;

namespace AsyncCalls.Ring;

/// <summary>One entry of a <see cref="CompletionRing"/>: 32 bytes that say which call ended and how. A notification; it owns nothing.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompletionEvent
{
    /// <summary>What the submitter wrote into the descriptor.</summary>
    public ulong Cookie;

    /// <summary>The result of the call: ≥ 0, or −errno.</summary>
    public long Result;

    /// <summary>A combination of the constants of <see cref="CompletionEventFlags"/>.</summary>
    public uint Flags;

    /// <summary>The operation, a value of <c>Operation</c>.</summary>
    public uint Operation;

    /// <summary>The id of the call.</summary>
    public ulong CallId;
}

/// <summary>The bits of <see cref="CompletionEvent.Flags"/>.</summary>
internal static class CompletionEventFlags
{
    /// <summary>More events of the same call will follow.</summary>
    public const uint More = 1 << 0;

    /// <summary>A result of an attribute travels beside the event.</summary>
    public const uint AttributeResult = 1 << 1;
}
