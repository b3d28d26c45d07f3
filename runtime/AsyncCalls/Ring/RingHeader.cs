using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Ring;

/// <summary>Writes the header of a new ring; reads and checks that of another's.</summary>
internal static unsafe class RingHeader
{
    /// <summary>Makes a ring of memory of the right size. Whatever was there is gone.</summary>
    public static RingWords Write(byte* start, int entries, ulong firstIndex)
    {
        new Span<byte>(start, RingLayout.HeaderBytes).Clear();
        var words = new RingWords(start, RingLayout.HeaderBytes, entries);
        words.Word32(RingLayout.Version) = RingLayout.VersionValue;
        words.Word32(RingLayout.HeaderSize) = RingLayout.HeaderBytes;
        words.Word32(RingLayout.EntrySize) = RingLayout.EntryBytes;
        words.Word32(RingLayout.Entries) = (uint)entries;
        words.Word32(RingLayout.Mask) = (uint)entries - 1;
        words.Tail = firstIndex;
        words.Head = firstIndex;
        words.WakeTarget = RingLayout.NobodySleeps;

        // The magic number last: whoever sees it sees a whole header.
        Volatile.Write(ref words.Word32(RingLayout.Magic), RingLayout.MagicValue);
        return words;
    }

    /// <summary>Checks a header that another process wrote. Each field is read once, and only what was checked is used.</summary>
    /// <exception cref="InvalidDataException">It is not the header of a ring that fits into the memory.</exception>
    /// <exception cref="NotSupportedException">It is of another version, or needs a feature that is not known here.</exception>
    public static RingWords Read(byte* start, long length)
    {
        if (length < RingLayout.BytesFor(RingLayout.MinEntries))
        {
            throw new InvalidDataException($"Memory of {length} bytes is too small for a completion ring.");
        }

        var raw = new RingWords(start, 0, RingLayout.MinEntries);
        uint magic = Volatile.Read(ref raw.Word32(RingLayout.Magic));
        uint version = Volatile.Read(ref raw.Word32(RingLayout.Version));
        uint headerBytes = Volatile.Read(ref raw.Word32(RingLayout.HeaderSize));
        uint entryBytes = Volatile.Read(ref raw.Word32(RingLayout.EntrySize));
        uint entries = Volatile.Read(ref raw.Word32(RingLayout.Entries));
        uint mask = Volatile.Read(ref raw.Word32(RingLayout.Mask));
        ulong incompatible = Volatile.Read(ref raw.Word64(RingLayout.IncompatibleFeatures));

        Check(magic == RingLayout.MagicValue, $"its magic number is 0x{magic:x8}, not 0x{RingLayout.MagicValue:x8}");
        if (version != RingLayout.VersionValue)
        {
            throw new NotSupportedException($"The completion ring has version {version}; version {RingLayout.VersionValue} is known here.");
        }

        if (incompatible != 0)
        {
            throw new NotSupportedException($"The completion ring needs features that are not known here: 0x{incompatible:x}.");
        }

        Check(headerBytes >= RingLayout.HeaderBytes && headerBytes % RingLayout.HeaderUnit == 0, $"its header has {headerBytes} bytes");
        Check(entryBytes == RingLayout.EntryBytes, $"its entries have {entryBytes} bytes, not {RingLayout.EntryBytes}");
        Check(RingLayout.IsEntryCount(entries), $"it has {entries} entries, which is not a power of two from 2 to {RingLayout.MaxEntries}");
        Check(mask == entries - 1, $"its mask is 0x{mask:x} with {entries} entries");
        Check(
            headerBytes + ((long)entries * RingLayout.EntryBytes) <= length,
            $"a header of {headerBytes} bytes and {entries} entries do not fit into {length} bytes");
        return new RingWords(start, (int)headerBytes, (int)entries);
    }

    /// <summary>Finds out how large a file is, and that it will stay so unless its maker is trusted.</summary>
    public static long CheckFile(int fd, bool trustUnsealed)
    {
        const long LengthMax = int.MaxValue; // 2 GiB, 64 times what the largest ring needs: a huge page may be 1 GiB
        long length = Syscalls.FileSize(fd);
        if (length < 0)
        {
            throw RingMemory.Failure("The size of the ring's file cannot be read", (int)-length);
        }

        Check(length <= LengthMax, $"its file has {length} bytes");
        int seals = Syscalls.GetSeals(fd);
        if (!trustUnsealed && (seals < 0 || (seals & Syscalls.SealShrink) == 0))
        {
            throw new InvalidDataException(
                "The completion ring's file is not sealed against shrinking: whoever shortens it ends every process that uses the ring. Say that its owner is trusted to use it all the same.");
        }

        return length;
    }

    private static void Check(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidDataException($"This is not a completion ring that can be used: {what}.");
        }
    }
}
