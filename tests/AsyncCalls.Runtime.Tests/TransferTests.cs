using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AsyncCalls.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Reads and writes on files of every kind.</summary>
public sealed class TransferTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("asynccalls").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, CombinatorialLanes]
    public async Task A_file_reads_back_as_it_was_written(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        string path = Path.Combine(_folder, "data");
        await RoundTrip(runtime, path);
    }

    [Theory, CombinatorialLanes]
    public async Task A_file_in_memory_reads_back_as_it_was_written(Lane lane)
    {
        if (!Directory.Exists("/dev/shm"))
        {
            Assert.Skip("There is no /dev/shm here.");
        }

        await using AsyncCallRuntime runtime = lane.NewRuntime();
        string path = $"/dev/shm/asynccalls-{Guid.NewGuid():n}";
        try
        {
            await RoundTrip(runtime, path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Many_calls_in_a_row_complete(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        for (int i = 0; i < 10_000; i++)
        {
            await runtime.NopAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_cached_read_completes_inline_and_only_then()
    {
        string path = MakeFile(8_192);
        using SafeFileHandle file = File.OpenHandle(path);
        foreach (Lane lane in Enum.GetValues<Lane>())
        {
            await using AsyncCallRuntime runtime = lane.NewRuntime();
            ValueTask<int> read = RandomAccessCalls.Read(runtime, "test", file, new byte[100], 50, default);
            bool inline = lane is Lane.Native or Lane.Workers;
            if (inline)
            {
                Assert.True(read.IsCompletedSuccessfully);
            }

            Assert.Equal(100, await read.Bound());
            Assert.Equal(inline ? 1 : 0, runtime.GetStatistics().CompletedInline);
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Reads_around_the_end_of_the_file_are_short(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        string path = MakeFile(10_000);
        byte[] data = await File.ReadAllBytesAsync(path);
        using SafeFileHandle file = File.OpenHandle(path);
        byte[] buffer = new byte[500];
        foreach ((long offset, int expected) in ((long, int)[])[(9_500, 500), (9_700, 300), (9_999, 1), (10_000, 0), (1L << 40, 0)])
        {
            Assert.Equal(expected, await RandomAccessCalls.Read(runtime, "test", file, buffer, offset, default).Bound());
            Assert.True(buffer.AsSpan(0, expected).SequenceEqual(data.AsSpan((int)Math.Min(offset, data.Length), expected)));
            Assert.Equal(expected, await LibcCalls.PRead(runtime, "test", default, file, buffer, 500, offset, default).AsIntPtr().Bound());
        }

        Assert.Equal(0, await RandomAccessCalls.Read(runtime, "test", file, Memory<byte>.Empty, 0, default).Bound());
        Assert.Equal(0, await LibcCalls.PRead(runtime, "test", default, file, Memory<byte>.Empty, 0, 0, default).AsIntPtr().Bound());
        Assert.Equal(0, await LibcCalls.PRead(runtime, "test", default, file, buffer, 0, 5, default).AsIntPtr().Bound());
    }

    /// <summary>A never-waiting read stops where the cache stops; the read of the user does not.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_read_of_a_file_that_is_half_in_the_cache_is_whole(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        const int Size = 4 << 20;
        string path = MakeFile(Size);
        byte[] data = await File.ReadAllBytesAsync(path);
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        byte[] buffer = new byte[Size];
        int fd = (int)file.DangerousGetHandle();
        Assert.Equal(0, Native.fdatasync(fd));

        // Without read-ahead, which would fill the holes while the cached part is copied.
        const int RandomAccessAhead = 1;
        Assert.Equal(0, Native.posix_fadvise(fd, 0, 0, RandomAccessAhead));
        for (int pattern = 0; pattern < 4; pattern++)
        {
            Assert.Equal(0, Native.posix_fadvise(fd, 0, 0, Native.DontNeed));

            // In the cache: the first half; all but a hole in the middle; nothing; every other 256 KiB.
            for (int at = 0; at < Size; at += 256 << 10)
            {
                if (pattern switch { 0 => at < Size / 2, 1 => at is < (Size / 4) or >= (Size / 2), 2 => false, _ => (at >> 18) % 2 == 0 })
                {
                    Assert.Equal(256 << 10, RandomAccess.Read(file, buffer.AsSpan(0, 256 << 10), at));
                }
            }

            Array.Clear(buffer);
            int length = Size - 1_000;
            Assert.Equal(length, await RandomAccessCalls.Read(runtime, "test", file, buffer.AsMemory(0, length), 500, default).Bound());
            Assert.True(buffer.AsSpan(0, length).SequenceEqual(data.AsSpan(500, length)));
        }

        if (runtime.GetStatistics().CompletedInline == 4)
        {
            Assert.Skip("The page cache of this machine kept what it was told to drop.");
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Unbuffered_files_read_and_write_aligned_blocks(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        string path = Path.Combine(_folder, "direct");
        using SafeFileHandle file = Native.OpenFile(path, Native.ReadWrite | Native.Create | Native.Direct);
        if (file.IsInvalid)
        {
            Assert.Skip($"The file system of {_folder} refuses O_DIRECT.");
        }

        const int Block = 4_096;
        using var memory = new AlignedMemory(16 * Block);
        RandomNumberGenerator.Fill(memory.GetSpan());
        byte[] data = memory.GetSpan().ToArray();
        await RandomAccessCalls.Write(runtime, "test", file, memory.Memory, Block, default).Bound();
        await RandomAccessCalls.FlushToDisk(runtime, "test", file, default).Bound();
        memory.GetSpan().Clear();
        Assert.Equal(16 * Block, await RandomAccessCalls.Read(runtime, "test", file, memory.Memory, Block, default).Bound());
        Assert.True(memory.GetSpan().SequenceEqual(data));

        // At the end of the file, and not aligned: as the system call has it.
        Assert.Equal(Block, await LibcCalls.PRead(runtime, "test", default, file, memory.Memory, 2 * Block, 16 * Block, default).AsIntPtr().Bound());
        nint expected = memory.ReadPlainly(file, Block, 13);
        Assert.Equal(expected, await LibcCalls.PRead(runtime, "test", default, file, memory.Memory, Block, 13, default).AsIntPtr().Bound());
    }

    /// <summary>Reads and writes at the file's own position move it, each byte once.</summary>
    [Theory, CombinatorialLanes]
    public async Task The_position_of_a_file_moves_with_its_calls(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        string path = Path.Combine(_folder, "position");
        using SafeFileHandle file = Native.OpenFile(path, Native.ReadWrite | Native.Create);
        for (byte i = 0; i < 50; i++)
        {
            Assert.Equal(3, await runtime.WriteAsync(file, new byte[] { i, i, i }).Bound());
        }

        Assert.Equal(150, RandomAccess.GetLength(file));
        using SafeFileHandle reader = Native.OpenFile(path, Native.ReadOnly);
        byte[] buffer = new byte[7];
        var all = new List<byte>();
        nint read;
        while ((read = await runtime.ReadAsync(reader, buffer).Bound()) > 0)
        {
            all.AddRange(buffer.AsSpan(0, (int)read));
        }

        Assert.Equal(Enumerable.Range(0, 150).Select(i => (byte)(i / 3)), all);
    }

    private static async Task RoundTrip(AsyncCallRuntime runtime, string path)
    {
        byte[] data = RandomNumberGenerator.GetBytes(300_000);
        using (SafeFileHandle writer = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        {
            await RandomAccessCalls.Write(runtime, "test", writer, data, 0, default).Bound();
            await RandomAccessCalls.FlushToDisk(runtime, "test", writer, default).Bound();
            Assert.Equal(data, await File.ReadAllBytesAsync(path));

            // Into the middle, and beyond the end.
            await RandomAccessCalls.Write(runtime, "test", writer, data.AsMemory(0, 1_000), 5_000, default).Bound();
            await RandomAccessCalls.Write(runtime, "test", writer, data.AsMemory(0, 10), 400_000, default).Bound();
        }

        data.AsSpan(0, 1_000).CopyTo(data.AsSpan(5_000));
        byte[] expected = [.. data, .. new byte[100_000], .. data.AsSpan(0, 10)];
        using SafeFileHandle reader = File.OpenHandle(path);
        byte[] back = new byte[expected.Length + 10];
        int read = await RandomAccessCalls.Read(runtime, "test", reader, back, 0, default).Bound();
        Assert.Equal(expected.Length, read);
        Assert.Equal(expected, back[..read]);
    }

    private string MakeFile(int size)
    {
        string path = Path.Combine(_folder, $"file-{size}");
        File.WriteAllBytes(path, RandomNumberGenerator.GetBytes(size));
        return path;
    }

    /// <summary>Memory of the native heap that starts at a block.</summary>
    private sealed unsafe class AlignedMemory(int size) : System.Buffers.MemoryManager<byte>
    {
        private nint _address = (nint)NativeMemory.AlignedAlloc((nuint)size, 4_096);

        public nint ReadPlainly(SafeFileHandle file, nuint count, long offset) =>
            Native.pread((int)file.DangerousGetHandle(), (byte*)_address, count, offset);

        public override Span<byte> GetSpan() => new((void*)_address, size);

        public override System.Buffers.MemoryHandle Pin(int elementIndex = 0) => new((byte*)_address + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
            NativeMemory.AlignedFree((void*)_address);
            _address = 0;
        }
    }
}
