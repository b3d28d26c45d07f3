using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace AsyncCalls;

/// <summary>One entry of a <see cref="CompletionRing"/>: 32 bytes that say which call ended and how. A notification; it owns nothing.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct CompletionEvent : IEquatable<CompletionEvent>
{
    /// <summary>What the submitter wrote into the descriptor. The ring gives it no meaning; zero is as good as any other.</summary>
    public ulong Cookie;

    /// <summary>The result of the call: ≥ 0, or −errno.</summary>
    public long Result;

    /// <summary>What else is to be said of it.</summary>
    public CompletionFlags Flags;

    /// <summary>The number of the operation.</summary>
    public uint Operation;

    /// <summary>The id of the call.</summary>
    public ulong CallId;

    /// <summary>Whether all fields are equal.</summary>
    public static bool operator ==(CompletionEvent left, CompletionEvent right) => left.Equals(right);

    /// <summary>Whether any field differs.</summary>
    public static bool operator !=(CompletionEvent left, CompletionEvent right) => !left.Equals(right);

    /// <inheritdoc/>
    public readonly bool Equals(CompletionEvent other) =>
        Cookie == other.Cookie && Result == other.Result && Flags == other.Flags && Operation == other.Operation && CallId == other.CallId;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is CompletionEvent other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(Cookie, Result, Flags, Operation, CallId);
}

/// <summary>The bits of <see cref="CompletionEvent.Flags"/>. A consumer ignores those that it does not know.</summary>
[Flags]
[SuppressMessage("Naming", "CA1711", Justification = "The field's own word.")]
public enum CompletionFlags : uint
{
    /// <summary>Nothing more: this is the only event of its call.</summary>
    None = 0,

    /// <summary>More events of the same call will follow.</summary>
    More = 1 << 0,

    /// <summary>A result of an attribute travels beside the event.</summary>
    AttributeResult = 1 << 1,
}
