namespace AsyncCalls.Ring;

/// <summary>
/// The binary interface of a ring, version 1, little endian: byte offsets from the start of its memory; <c>docs/ring-abi.md</c> is the
/// contract. The words of the producer, of the consumers and of sleepers start 128 bytes apart, because processors fetch cache
/// lines in pairs.
/// </summary>
internal static class RingLayout
{
    public const uint MagicValue = 0x47524341;
    public const uint VersionValue = 1;

    public const int Magic = 0;
    public const int Version = 4;
    public const int HeaderSize = 8;
    public const int EntrySize = 12;
    public const int Entries = 16;
    public const int Mask = 20;
    public const int CompatibleFeatures = 24;
    public const int IncompatibleFeatures = 32;

    /// <summary>u64: the next entry to publish, free-running. Written by the producer only.</summary>
    public const int Tail = 128;

    /// <summary>u32: flags that the producer keeps beside the tail. Written by the producer only.</summary>
    public const int ProducerFlags = 136;

    /// <summary>u64: completions that ever overflowed. Written by the producer only.</summary>
    public const int OverflowCount = 144;

    /// <summary>u64: the next entry to reap, free-running.</summary>
    public const int Head = 256;

    /// <summary>u32: what consumers ask for.</summary>
    public const int Requests = 384;

    /// <summary>u64: signal when the tail reaches it; <see cref="NobodySleeps"/> when nobody waits.</summary>
    public const int WakeTarget = 392;

    public const int HeaderBytes = 512;
    public const int HeaderUnit = 64;
    public const int EntryBytes = 32;

    /// <summary>Of a ring's start in memory that the runtime makes.</summary>
    public const int Alignment = 128;

    /// <summary>Of a ring's start in anyone's memory: its words are then whole for the processor.</summary>
    public const int AlignmentMin = 8;

    public const int MinEntries = 2;

    /// <summary>32 MiB of entries.</summary>
    public const int MaxEntries = 1 << 20;

    /// <summary><see cref="ProducerFlags"/> bit 0: completions wait outside the ring.</summary>
    public const uint OverflowFlag = 1 << 0;

    /// <summary><see cref="ProducerFlags"/> bit 1: the producer has gone; nothing will follow what is in the ring.</summary>
    public const uint ClosedFlag = 1 << 1;

    /// <summary><see cref="ProducerFlags"/> bit 2: the producer found an index that nobody may have written, and gave the ring up.</summary>
    public const uint BrokenFlag = 1 << 2;

    /// <summary>Flags after which nothing comes any more. Bits that are not known say nothing.</summary>
    public const uint EndFlags = ClosedFlag | BrokenFlag;

    /// <summary><see cref="Requests"/> bit 0: a consumer reads this ring directly.</summary>
    public const uint DirectConsumer = 1 << 0;

    public const ulong NobodySleeps = ulong.MaxValue;

    public static long BytesFor(int entries) => HeaderBytes + ((long)entries * EntryBytes);

    public static bool IsEntryCount(long entries) => entries is >= MinEntries and <= MaxEntries && (entries & (entries - 1)) == 0;
}
