using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;

namespace AsyncCalls.Calls.Integrity;

/// <summary>
/// The checksum of T10 protection information, CRC-16/T10-DIF: polynomial 0x8BB7, most significant bit first, nothing inverted.
/// </summary>
/// <remarks>
/// <para>The data is a polynomial over GF(2), its first byte the most significant. Four accumulators of 128 bits take 64 bytes a step: what an accumulator stands for, moved up by 512 bits,
/// is congruent to its two halves times x^(512+64) and x^512, both reduced modulo the polynomial to 16 bits. So a step is eight carry-less multiplications and no table. What is left at the
/// end, 128 bits that are congruent to all that came before, and the last bytes go through a table.</para>
/// <para>The multipliers are computed, not typed: <see cref="PowerOfX"/>.</para>
/// </remarks>
internal static class Crc16T10Dif
{
    private const uint Polynomial = 0x8BB7;

    private const int LaneBytes = 16;

    private const int StepBytes = 4 * LaneBytes;

    /// <summary>The checksum of each single byte.</summary>
    private static readonly ushort[] Table = BuildTable();

    /// <summary>For the lower and the upper half of an accumulator that moves up by one step, and by one lane.</summary>
    private static readonly Vector128<ulong> ByStep = Vector128.Create((ulong)PowerOfX(StepBytes * 8), PowerOfX((StepBytes * 8) + 64));

    private static readonly Vector128<ulong> ByLane = Vector128.Create((ulong)PowerOfX(LaneBytes * 8), PowerOfX((LaneBytes * 8) + 64));

    /// <summary>Whether this processor multiplies without carries.</summary>
    public static bool IsVectorised => Pclmulqdq.IsSupported || ArmAes.IsSupported;

    /// <summary>The checksum of <paramref name="data"/>.</summary>
    public static ushort Compute(ReadOnlySpan<byte> data) => IsVectorised && data.Length >= 2 * StepBytes ? ComputeByFolding(data) : ComputeByTable(data, 0);

    /// <summary>The checksum of data of which <paramref name="before"/> is the checksum of what came before it, a byte at a time.</summary>
    public static ushort ComputeByTable(ReadOnlySpan<byte> data, ushort before)
    {
        uint crc = before;
        foreach (byte next in data)
        {
            crc = (crc << 8) ^ Table[((crc >> 8) ^ next) & 0xFF];
        }

        return (ushort)crc;
    }

    private static ushort ComputeByFolding(ReadOnlySpan<byte> data)
    {
        Vector128<ulong> first = Load(data);
        Vector128<ulong> second = Load(data[LaneBytes..]);
        Vector128<ulong> third = Load(data[(2 * LaneBytes)..]);
        Vector128<ulong> fourth = Load(data[(3 * LaneBytes)..]);
        data = data[StepBytes..];
        while (data.Length >= StepBytes)
        {
            first = Fold(first, ByStep) ^ Load(data);
            second = Fold(second, ByStep) ^ Load(data[LaneBytes..]);
            third = Fold(third, ByStep) ^ Load(data[(2 * LaneBytes)..]);
            fourth = Fold(fourth, ByStep) ^ Load(data[(3 * LaneBytes)..]);
            data = data[StepBytes..];
        }

        second ^= Fold(first, ByLane);
        third ^= Fold(second, ByLane);
        fourth ^= Fold(third, ByLane);
        while (data.Length >= LaneBytes)
        {
            fourth = Fold(fourth, ByLane) ^ Load(data);
            data = data[LaneBytes..];
        }

        Span<byte> left = stackalloc byte[LaneBytes];
        BinaryPrimitives.WriteUInt64BigEndian(left, fourth[1]);
        BinaryPrimitives.WriteUInt64BigEndian(left[sizeof(ulong)..], fourth[0]);
        return ComputeByTable(data, ComputeByTable(left, 0));
    }

    /// <summary>Sixteen bytes as a polynomial: the first byte is the most significant one of the upper half.</summary>
    private static Vector128<ulong> Load(ReadOnlySpan<byte> bytes) => Vector128.Create(
        BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(ulong)..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes));

    /// <summary>What a polynomial becomes when it moves up: each half times its multiplier.</summary>
    private static Vector128<ulong> Fold(Vector128<ulong> value, Vector128<ulong> multipliers)
    {
        if (Pclmulqdq.IsSupported)
        {
            return Pclmulqdq.CarrylessMultiply(value, multipliers, 0x00) ^ Pclmulqdq.CarrylessMultiply(value, multipliers, 0x11);
        }

        return ArmAes.PolynomialMultiplyWideningLower(value.GetLower(), multipliers.GetLower()) ^ ArmAes.PolynomialMultiplyWideningUpper(value, multipliers);
    }

    /// <summary>x to a power, modulo the polynomial.</summary>
    private static ushort PowerOfX(int exponent)
    {
        uint power = 1;
        for (; exponent > 0; exponent--)
        {
            power <<= 1;
            power ^= (power >> 16) * ((1 << 16) | Polynomial);
        }

        return (ushort)power;
    }

    private static ushort[] BuildTable()
    {
        ushort[] table = new ushort[256];
        for (uint value = 0; value < table.Length; value++)
        {
            uint crc = value << 8;
            for (int bit = 0; bit < 8; bit++)
            {
                crc <<= 1;
                crc ^= (crc >> 16) * ((1 << 16) | Polynomial);
            }

            table[value] = (ushort)crc;
        }

        return table;
    }
}
