using System.Diagnostics.CodeAnalysis;

namespace AsyncCalls;

/// <summary>Flags of one read or write, with the kernel's values (<c>RWF_*</c> of linux/fs.h; preadv2(2) says what each does).</summary>
[Flags]
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "The kernel's word.")]
public enum TransferFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>RWF_HIPRI: poll for the completion, where the device can. Never on io_uring, whose rings here do not poll.</summary>
    HighPriority = 0x01,

    /// <summary>RWF_DSYNC: the write has reached the disk when it completes, as with O_DSYNC.</summary>
    DataSync = 0x02,

    /// <summary>RWF_SYNC: as with O_SYNC.</summary>
    Sync = 0x04,

    /// <summary>RWF_NOWAIT: EAGAIN rather than waiting.</summary>
    NoWait = 0x08,

    /// <summary>RWF_APPEND: write to the end of the file, whatever the offset.</summary>
    Append = 0x10,

    /// <summary>RWF_NOAPPEND: write at the offset, although the file was opened with O_APPEND (Linux 6.9).</summary>
    NoAppend = 0x20,

    /// <summary>RWF_ATOMIC: all or nothing, also when the power fails (Linux 6.11, with O_DIRECT and a device that can).</summary>
    Atomic = 0x40,

    /// <summary>RWF_DONTCACHE: do not keep the pages (Linux 6.14).</summary>
    DontCache = 0x80,
}

/// <summary>Classes of input and output priority, with the kernel's values (linux/ioprio.h; ioprio_set(2) says what each means).</summary>
public enum IoPriorityClass
{
    /// <summary>IOPRIO_CLASS_NONE: by the nice value of the thread.</summary>
    None = 0,

    /// <summary>IOPRIO_CLASS_RT: before all others. Needs CAP_SYS_ADMIN or CAP_SYS_NICE.</summary>
    RealTime = 1,

    /// <summary>IOPRIO_CLASS_BE: the ordinary one.</summary>
    BestEffort = 2,

    /// <summary>IOPRIO_CLASS_IDLE: when nobody else wants the disk.</summary>
    Idle = 3,
}

/// <summary>The priority of one call's input and output, for schedulers of block devices that have priorities.</summary>
/// <param name="Class">The class.</param>
/// <param name="Level">0, first, to 7, last. Only <see cref="IoPriorityClass.RealTime"/> and <see cref="IoPriorityClass.BestEffort"/> have levels; 0 otherwise.</param>
public readonly record struct IoPriority(IoPriorityClass Class, int Level = 0)
{
    private const int ClassShift = 13;
    private const int LevelMax = 7;

    internal bool IsValid => Class is >= IoPriorityClass.None and <= IoPriorityClass.Idle && Level is >= 0 and <= LevelMax
        && (Level == 0 || Class is IoPriorityClass.RealTime or IoPriorityClass.BestEffort);

    /// <summary>As sqe-&gt;ioprio and ioprio_set(2) want it.</summary>
    internal ushort Encoded => (ushort)(((int)Class << ClassShift) | Level);
}

/// <summary>The attributes that a call may have. Each has a result of its own.</summary>
[Flags]
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "An attribute of a call is no Attribute of .NET's; the word is the interface's own.")]
public enum CallAttribute
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary><see cref="CallAttributes.Priority"/>.</summary>
    Priority = 1 << 0,

    /// <summary><see cref="CallAttributes.TransferFlags"/>.</summary>
    TransferFlags = 1 << 1,

    /// <summary><see cref="CallAttributes.Personality"/>.</summary>
    Personality = 1 << 2,

    /// <summary><see cref="CallAttributes.Integrity"/>.</summary>
    Integrity = 1 << 3,
}

/// <summary>What became of one attribute of a call.</summary>
public enum AttributeOutcome
{
    /// <summary>The path that the call took could not honour it, or the call did not get that far. What each result is before the call has completed.</summary>
    NotHonoured = 0,

    /// <summary>The call was made with it.</summary>
    Honoured = 1,
}

/// <summary>
/// What a call is to be made with, and afterwards, for each attribute, whether it was: named by <see cref="Iocb.Attributes"/> (through <see cref="AsyncCallContext.Lease(CallAttributes)"/>) or by
/// <see cref="CallOptions.Attributes"/>. The table of what each path can honour is <c>docs/attributes.md</c>.
/// </summary>
/// <remarks>
/// What is asked for cannot be changed; the results are those of the call that completed last, so an object is used by one call at a time where its results matter. Results may be read on any
/// thread once the call has completed. A call with attributes makes no attempt on the calling thread.
/// </remarks>
public sealed class CallAttributes
{
    private const TransferFlags KnownTransferFlags = (TransferFlags)0xFF;

    private int _honoured;

    /// <summary>The priority of the call's input and output; null: that of the thread that makes it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such class, or a level that it has not.</exception>
    public IoPriority? Priority
    {
        get;
        init => field = value is null or { IsValid: true } ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Class or level of the priority is unknown: levels are 0 to 7.");
    }

    /// <summary>Flags of the read or write.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Unknown flags.</exception>
    public TransferFlags TransferFlags
    {
        get;
        init => field = (value & ~KnownTransferFlags) == 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, $"Unknown flags: combine named values of {nameof(TransferFlags)}.");
    }

    /// <summary>
    /// The credentials of the call: those that were registered. Only io_uring can use them, and a call is never made with others: where io_uring cannot make it, its result is −EOPNOTSUPP.
    /// </summary>
    public CallPersonality? Personality { get; init; }

    /// <summary>The protection information that travels with the data of a read or write on O_DIRECT.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Unknown checks.</exception>
    public CallIntegrity? Integrity
    {
        get;
        init => field = value is null || (value.Checks & ~IntegrityChecks.All) == 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value.Checks, "The checks are unknown.");
    }

    /// <summary>The attributes that are asked for.</summary>
    public CallAttribute Given =>
        (Priority is null ? 0 : CallAttribute.Priority)
        | (TransferFlags == 0 ? 0 : CallAttribute.TransferFlags)
        | (Personality is null ? 0 : CallAttribute.Personality)
        | (Integrity is null ? 0 : CallAttribute.Integrity);

    /// <summary>The attributes that the call that completed last was made with.</summary>
    public CallAttribute Honoured => (CallAttribute)Volatile.Read(ref _honoured);

    /// <summary>What became of one attribute in the call that completed last.</summary>
    public AttributeOutcome ResultOf(CallAttribute attribute) =>
        attribute != CallAttribute.None && (Honoured & attribute) == attribute ? AttributeOutcome.Honoured : AttributeOutcome.NotHonoured;

    /// <summary>Forgets the results of the last call.</summary>
    internal void Begin() => Volatile.Write(ref _honoured, 0);

    internal void Complete(CallAttribute honoured) => Volatile.Write(ref _honoured, (int)honoured);
}

/// <summary>Protection information (T10) of the data of one read or write: <c>struct io_uring_attr_pi</c>. <see cref="ProtectionInformation"/> computes and verifies the tuples.</summary>
/// <param name="Tuples">The memory of the tuples, written from or read into; pinned while the call is in flight.</param>
/// <param name="Checks">What the device is to check.</param>
/// <param name="ApplicationTag">The application tag that it expects.</param>
/// <param name="Seed">The reference tag of the first block.</param>
public sealed record CallIntegrity(Memory<byte> Tuples, IntegrityChecks Checks, ushort ApplicationTag = 0, ulong Seed = 0);

/// <summary>Credentials that were registered with a runtime's io_uring by <see cref="AsyncCallRuntime.RegisterPersonality"/>.</summary>
public sealed class CallPersonality : IDisposable
{
    private Action<ushort>? _unregister;

    internal CallPersonality(object runtime, ushort id, Action<ushort> unregister)
    {
        Runtime = runtime;
        Id = id;
        _unregister = unregister;
    }

    /// <summary>The kernel's number.</summary>
    public ushort Id { get; }

    internal object Runtime { get; }

    internal bool IsDisposed => Volatile.Read(ref _unregister) is null;

    /// <summary>Takes the credentials back. Calls in flight keep them; no new call may have them. Once; later calls do nothing.</summary>
    public void Dispose() => Interlocked.Exchange(ref _unregister, null)?.Invoke(Id);
}

/// <summary>The name of <see cref="CallAttributes"/> in control blocks of one context.</summary>
public sealed class AttributesLease : IDisposable
{
    private Action<ulong>? _forget;

    internal AttributesLease(ulong id, CallAttributes attributes, Action<ulong> forget)
    {
        Id = id;
        Attributes = attributes;
        _forget = forget;
    }

    /// <summary>For <see cref="Iocb.Attributes"/>. Never given twice.</summary>
    public ulong Id { get; }

    /// <summary>What it names.</summary>
    public CallAttributes Attributes { get; }

    /// <summary>It can be named in no new call. One in flight still writes its results.</summary>
    public void Dispose() => Interlocked.Exchange(ref _forget, null)?.Invoke(Id);
}
