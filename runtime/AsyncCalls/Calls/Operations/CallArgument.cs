namespace AsyncCalls.Calls;

/// <summary>A field of an <see cref="Iocb"/> that holds an argument; the value is its offset in the block.</summary>
internal enum IocbSlot : byte
{
    None = 0,
    Handle = 16,
    Buffer = 24,
    Length = 32,
    Offset = 40,
    Path = 48,
    Sixth = 56,

    /// <summary>32 bits.</summary>
    Flags = 64,

    /// <summary>32 bits.</summary>
    Mode = 68,
    SecondHandle = 80,
}

/// <summary>What an argument of a system call is.</summary>
internal enum ArgumentKind : byte
{
    /// <summary>A zero that the kernel wants and the C function has no parameter for.</summary>
    Zero,

    /// <summary>A number, passed on as it is.</summary>
    Number,

    /// <summary>A descriptor.</summary>
    Handle,

    /// <summary>A descriptor where a relative path begins; none: the working directory of the moment when the call runs.</summary>
    Directory,

    /// <summary>A text that ends with a zero byte.</summary>
    Text,

    /// <summary>Memory that the kernel reads or writes.</summary>
    Memory,

    /// <summary>Memory that may be left out (a null pointer).</summary>
    OptionalMemory,

    /// <summary>An optional <c>socklen_t</c> that says how many bytes the memory before it has, and is overwritten with how many there were.</summary>
    MemoryLength,

    /// <summary>An array of <c>struct iovec</c>.</summary>
    Vectors,
}

/// <summary>One argument of a system call: what it is, which field of the block holds it, and how many bytes its memory must have.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Slot">Where the block has it.</param>
/// <param name="UnitBytes">The bytes of its memory, or of one element.</param>
/// <param name="CountSlot">The field that counts the elements.</param>
internal readonly record struct CallArgument(ArgumentKind Kind, IocbSlot Slot, int UnitBytes = 0, IocbSlot CountSlot = IocbSlot.None)
{
    public bool IsHandle => Kind is ArgumentKind.Handle or ArgumentKind.Directory;

    public bool IsMemory => Kind is ArgumentKind.Memory or ArgumentKind.OptionalMemory or ArgumentKind.MemoryLength or ArgumentKind.Vectors;

    /// <summary>Whether a block names something by it, and does not say what is passed on.</summary>
    public bool IsName => IsHandle || IsMemory || Kind == ArgumentKind.Text;

    /// <summary>Whether the kernel may be told of no memory at all.</summary>
    public bool MayBeAbsent => Kind is ArgumentKind.OptionalMemory or ArgumentKind.MemoryLength;

    /// <summary>The bytes that the kernel may touch, by the block; more than any memory has where a count is negative.</summary>
    public ulong BytesOf(in Iocb block)
    {
        if (CountSlot == IocbSlot.None)
        {
            return (ulong)UnitBytes;
        }

        ulong above = Math.BigMul((ulong)block[CountSlot], (uint)UnitBytes, out ulong bytes);
        return above == 0 ? bytes : ulong.MaxValue;
    }
}
