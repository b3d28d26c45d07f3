using System.Runtime.InteropServices;

namespace AsyncCalls.Calls;

/// <summary>
/// The control block of one call: what it does, on what, with what. 128 bytes, blittable, copied when it is submitted.
/// </summary>
/// <remarks>
/// <see cref="Handle"/>, <see cref="Buffer"/> and <see cref="Second"/> hold a raw descriptor number and raw addresses here: the
/// in-flight record that carries the block owns the lease and the pins that make them valid.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = 128)]
internal struct Iocb
{
    [FieldOffset(0)]
    public uint OperationNumber;

    /// <summary>Reserved, zero.</summary>
    [FieldOffset(4)]
    public uint Flags;

    /// <summary>Returned with the completion.</summary>
    [FieldOffset(8)]
    public ulong Cookie;

    /// <summary>The descriptor.</summary>
    [FieldOffset(16)]
    public long Handle;

    /// <summary>The address of the buffer.</summary>
    [FieldOffset(24)]
    public ulong Buffer;

    /// <summary>Bytes of the buffer; the length of an allocation or truncation.</summary>
    [FieldOffset(32)]
    public long Length;

    /// <summary>The offset in the file; −1 for its own position.</summary>
    [FieldOffset(40)]
    public long Offset;

    /// <summary>The address of a second buffer: a path.</summary>
    [FieldOffset(48)]
    public ulong Second;

    /// <summary>Flags of the operation: those of openat(2), the mode of fallocate(2).</summary>
    [FieldOffset(64)]
    public uint OperationFlags;

    /// <summary>The mode of a file that openat(2) makes.</summary>
    [FieldOffset(68)]
    public uint Mode;

    public Operation Operation
    {
        readonly get => (Operation)OperationNumber;
        set => OperationNumber = (uint)value;
    }
}
