using AsyncCalls.Calls.Integrity;
using CsCheck;

namespace AsyncCalls.Runtime.Tests;

/// <summary>T10 protection information: the checksum against published vectors, and tuples that are made, spoilt and verified.</summary>
public sealed class ProtectionInformationTests
{
    private const int BlockBytes = 512;

    /// <summary>The vectors of SBC-3 (32 bytes each), and the check value of CRC catalogues.</summary>
    public static TheoryData<string, byte[], ushort> Published => new()
    {
        { "all zeros", new byte[32], 0x0000 },
        { "all ones", [.. Enumerable.Repeat((byte)0xFF, 32)], 0xA293 },
        { "incrementing", [.. Enumerable.Range(0, 32).Select(value => (byte)value)], 0x0224 },
        { "two bytes of ones, then zeros", [0xFF, 0xFF, .. new byte[30]], 0x21B8 },
        { "decrementing", [.. Enumerable.Range(0, 32).Select(value => (byte)(255 - value))], 0xA0B7 },
        { "123456789", "123456789"u8.ToArray(), 0xD0DB },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void The_guard_tag_is_that_of_the_standard(string name, byte[] data, ushort expected)
    {
        Assert.Equal(expected, ProtectionInformation.Guard(data));
        Assert.NotEmpty(name);
    }

    [Fact]
    public void Folding_gives_what_the_table_gives_for_every_length_and_alignment()
    {
        Assert.SkipUnless(Crc16T10Dif.IsVectorised, "This processor has no carry-less multiplication.");
        Gen.Byte.Array[0, 700].Sample(bytes =>
        {
            for (int skipped = 0; skipped < Math.Min(17, bytes.Length); skipped++)
            {
                ReadOnlySpan<byte> data = bytes.AsSpan(skipped);
                Assert.Equal(Crc16T10Dif.ComputeByTable(data, 0), Crc16T10Dif.Compute(data));
            }
        });
    }

    [Fact]
    public void Published_vectors_hold_behind_zeros_where_the_vectorised_way_is_taken()
    {
        // Zeros in front change no remainder: the same vectors, long enough for the folding.
        foreach ((string name, byte[] data, ushort expected) in Published.Select(row => row.Data))
        {
            Assert.True(ProtectionInformation.Guard([.. new byte[4096], .. data]) == expected, name);
        }
    }

    [Fact]
    public void Tuples_are_big_endian_and_count_the_blocks()
    {
        byte[] data = new byte[2 * BlockBytes];
        data.AsSpan(BlockBytes).Fill(0xFF);
        byte[] tuples = new byte[16];
        ProtectionInformation.Generate(data, BlockBytes, 0x1234, uint.MaxValue, tuples);
        ushort second = ProtectionInformation.Guard(data.AsSpan(BlockBytes));
        Assert.Equal([0, 0, 0x12, 0x34, 0xFF, 0xFF, 0xFF, 0xFF, (byte)(second >> 8), (byte)second, 0x12, 0x34, 0, 0, 0, 0], tuples);
        Assert.True(ProtectionInformation.Verify(data, BlockBytes, tuples, IntegrityChecks.All, 0x1234, uint.MaxValue).IsIntact);
    }

    [Fact]
    public void Each_check_finds_its_own_damage_and_no_other()
    {
        byte[] data = new byte[8 * BlockBytes];
        new Random(7).NextBytes(data);
        byte[] tuples = new byte[ProtectionInformation.LengthFor(data.Length, BlockBytes)];

        Assert.Equal(new IntegrityResult(IntegrityChecks.Guard, 5), Damage(bytes => bytes[(5 * BlockBytes) + 100] ^= 1, _ => { }));
        Assert.Equal(new IntegrityResult(IntegrityChecks.Guard, 2), Damage(_ => { }, pi => pi[(2 * 8) + 1] ^= 0x80));
        Assert.Equal(new IntegrityResult(IntegrityChecks.ApplicationTag, 3), Damage(_ => { }, pi => pi[(3 * 8) + 2] ^= 1));
        Assert.Equal(new IntegrityResult(IntegrityChecks.ReferenceTag, 7), Damage(_ => { }, pi => pi[(7 * 8) + 7] ^= 1));
        Assert.Equal(new IntegrityResult(IntegrityChecks.ReferenceTag | IntegrityChecks.Guard, 0), Damage(bytes => bytes[0] ^= 1, pi => pi[4] ^= 1));

        // What is not asked for is not checked, and neither is a block that says so itself.
        Assert.True(Damage(bytes => bytes[0] ^= 1, _ => { }, IntegrityChecks.ReferenceTag | IntegrityChecks.ApplicationTag).IsIntact);
        Assert.True(Damage(bytes => bytes[0] ^= 1, pi => pi.AsSpan(2, 2).Fill(0xFF)).IsIntact);

        IntegrityResult Damage(Action<byte[]> spoilData, Action<byte[]> spoilTuples, IntegrityChecks checks = IntegrityChecks.All)
        {
            byte[] spoilt = [.. data];
            ProtectionInformation.Generate(data, BlockBytes, 42, 1000, tuples);
            spoilData(spoilt);
            spoilTuples(tuples);
            return ProtectionInformation.Verify(spoilt, BlockBytes, tuples, checks, 42, 1000);
        }
    }

    [Fact]
    public void Data_that_is_no_whole_number_of_blocks_and_tuples_without_room_are_refused()
    {
        Assert.Contains("whole number of blocks", Assert.Throws<ArgumentException>(() => ProtectionInformation.LengthFor(1000, 512)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ProtectionInformation.LengthFor(512, 0));
        Assert.Contains("16 bytes of protection", Assert.Throws<ArgumentException>(() => ProtectionInformation.Generate(new byte[1024], 512, 0, 0, new byte[15])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => ProtectionInformation.Verify(new byte[1024], 512, new byte[8], IntegrityChecks.All, 0, 0));
    }
}
