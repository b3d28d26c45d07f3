using System.Buffers.Binary;
using AsyncCalls.Calls.Integrity;

namespace AsyncCalls;

/// <summary>Which parts of protection information are checked. The values are the kernel's, <c>IO_INTEGRITY_CHK_*</c> of <c>linux/fs.h</c>.</summary>
[Flags]
public enum IntegrityChecks
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The guard tag: the checksum of the block.</summary>
    Guard = 1,

    /// <summary>The reference tag: the number of the block.</summary>
    ReferenceTag = 2,

    /// <summary>The application tag.</summary>
    ApplicationTag = 4,

    /// <summary>All three.</summary>
    All = Guard | ReferenceTag | ApplicationTag,
}

/// <summary>What a verification found.</summary>
/// <param name="Failed">The checks that the first bad block failed; none if every block is intact.</param>
/// <param name="Block">The number of that block in the data, from 0; −1 if there is none.</param>
public readonly record struct IntegrityResult(IntegrityChecks Failed, int Block)
{
    /// <summary>Whether every block is what its tuple says.</summary>
    public bool IsIntact => Failed == IntegrityChecks.None;
}

/// <summary>
/// T10 protection information, as devices with DIF/DIX keep it beside each block: eight bytes, big-endian, of a guard tag (CRC-16/T10-DIF of the block), an application tag and a reference tag
/// (the number of the block, lower 32 bits).
/// </summary>
/// <remarks>
/// Source: SCSI Block Commands (SBC-3), protection information of type 1, which <c>block/t10-pi.c</c> of the kernel implements. The methods are pure functions: any thread may call them.
/// </remarks>
public static class ProtectionInformation
{
    /// <summary>Bytes of protection information for each block.</summary>
    public const int TupleBytes = 8;

    /// <summary>An application tag that says "do not check this block".</summary>
    public const ushort Unchecked = 0xFFFF;

    /// <summary>Bytes of protection information for so much data.</summary>
    /// <exception cref="ArgumentException">The block has no bytes, or the data is not a whole number of blocks.</exception>
    public static int LengthFor(int dataBytes, int blockBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blockBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(dataBytes);
        return dataBytes % blockBytes == 0
            ? checked(dataBytes / blockBytes * TupleBytes)
            : throw new ArgumentException($"{dataBytes} bytes are not a whole number of blocks of {blockBytes}: protection information covers whole blocks.", nameof(dataBytes));
    }

    /// <summary>The guard tag of a block: CRC-16/T10-DIF.</summary>
    public static ushort Guard(ReadOnlySpan<byte> block) => Crc16T10Dif.Compute(block);

    /// <summary>Writes the tuples of blocks that are to be written.</summary>
    /// <param name="data">The blocks, one after the other.</param>
    /// <param name="blockBytes">The device's logical block size (or protection interval), in bytes.</param>
    /// <param name="applicationTag">The tag of the application, the same in every tuple.</param>
    /// <param name="firstReferenceTag">The reference tag of the first block: its number on the device, lower 32 bits. It wraps as the device's does.</param>
    /// <param name="tuples">Where they go: at least <see cref="LengthFor"/> bytes.</param>
    /// <exception cref="ArgumentException">The data is not a whole number of blocks, or there is no room for its tuples.</exception>
    public static void Generate(ReadOnlySpan<byte> data, int blockBytes, ushort applicationTag, uint firstReferenceTag, Span<byte> tuples)
    {
        CheckRoom(data.Length, blockBytes, tuples.Length, nameof(tuples));
        uint referenceTag = firstReferenceTag;
        for (; !data.IsEmpty; data = data[blockBytes..], tuples = tuples[TupleBytes..], referenceTag++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(tuples, Guard(data[..blockBytes]));
            BinaryPrimitives.WriteUInt16BigEndian(tuples[2..], applicationTag);
            BinaryPrimitives.WriteUInt32BigEndian(tuples[4..], referenceTag);
        }
    }

    /// <summary>Checks blocks that were read against their tuples. A tuple whose application tag is <see cref="Unchecked"/> says nothing of its block.</summary>
    /// <param name="data">The blocks, one after the other.</param>
    /// <param name="blockBytes">The device's logical block size (or protection interval), in bytes.</param>
    /// <param name="tuples">Their tuples.</param>
    /// <param name="checks">What to check.</param>
    /// <param name="applicationTag">The application tag that is expected.</param>
    /// <param name="firstReferenceTag">The reference tag that is expected of the first block.</param>
    /// <returns>The first block that is not what its tuple says, and which checks it failed.</returns>
    /// <exception cref="ArgumentException">The data is not a whole number of blocks, or it has fewer tuples.</exception>
    public static IntegrityResult Verify(
        ReadOnlySpan<byte> data, int blockBytes, ReadOnlySpan<byte> tuples, IntegrityChecks checks, ushort applicationTag, uint firstReferenceTag)
    {
        CheckRoom(data.Length, blockBytes, tuples.Length, nameof(tuples));
        for (int block = 0; block < data.Length / blockBytes; block++)
        {
            ReadOnlySpan<byte> tuple = tuples.Slice(block * TupleBytes, TupleBytes);
            ushort tag = BinaryPrimitives.ReadUInt16BigEndian(tuple[2..]);
            if (tag == Unchecked)
            {
                continue;
            }

            IntegrityChecks failed =
                (tag != applicationTag ? IntegrityChecks.ApplicationTag : IntegrityChecks.None)
                | (BinaryPrimitives.ReadUInt32BigEndian(tuple[4..]) != unchecked(firstReferenceTag + (uint)block) ? IntegrityChecks.ReferenceTag : IntegrityChecks.None)
                | ((checks & IntegrityChecks.Guard) != 0 && BinaryPrimitives.ReadUInt16BigEndian(tuple) != Guard(data.Slice(block * blockBytes, blockBytes)) ? IntegrityChecks.Guard : IntegrityChecks.None);
            failed &= checks;
            if (failed != IntegrityChecks.None)
            {
                return new IntegrityResult(failed, block);
            }
        }

        return new IntegrityResult(IntegrityChecks.None, -1);
    }

    private static void CheckRoom(int dataBytes, int blockBytes, int tupleBytes, string name)
    {
        int wanted = LengthFor(dataBytes, blockBytes);
        if (tupleBytes < wanted)
        {
            throw new ArgumentException($"{dataBytes} bytes in blocks of {blockBytes} have {wanted} bytes of protection information, and there are {tupleBytes}.", name);
        }
    }
}
