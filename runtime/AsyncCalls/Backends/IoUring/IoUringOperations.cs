namespace AsyncCalls.Backends.IoUring;

/// <summary>The operations that a kernel's io_uring has.</summary>
internal struct IoUringOperations
{
    /// <summary>More than any kernel has: 63 in Linux 6.18.</summary>
    public const int Max = 128;

    private UInt128 _bits;

    public readonly bool Has(byte opcode) => opcode < Max && (_bits >> opcode & 1) != 0;

    public void Set(int opcode, bool has) => _bits |= has ? UInt128.One << opcode : 0;

    public void Remove(int opcode) => _bits &= ~(UInt128.One << opcode);
}
