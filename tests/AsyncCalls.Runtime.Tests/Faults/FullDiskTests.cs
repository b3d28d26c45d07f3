using AsyncCalls.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests.Faults;

/// <summary>File systems without room: a part that fits is written, then each form of a call says ENOSPC, and when there is room again it works again.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const int Enospc = 28;
    private const int TmpfsBytes = 256 << 10;
    private const int Ext4Bytes = 4 << 20;

    private readonly string _folder = Directory.CreateTempSubdirectory("asynccalls-full-").FullName;
    private readonly string _root;

    public FullDiskTests()
    {
        _root = Path.Combine(_folder, "root");
        Directory.CreateDirectory(_root);
    }

    public static TheoryData<Lane, string> FileSystems
    {
        get
        {
            var data = new TheoryData<Lane, string>();
            foreach (Lane lane in Enum.GetValues<Lane>())
            {
                data.Add(lane, "tmpfs");
                data.Add(lane, "ext4");
            }

            return data;
        }
    }

    public void Dispose()
    {
        Mounts.Detach(_root);
        Directory.Delete(_folder, recursive: true);
    }

    [Theory, MemberData(nameof(FileSystems))]
    public async Task Each_form_of_a_call_says_that_there_is_no_room(Lane lane, string kind)
    {
        Mount(kind);
        await using var scene = new FaultScene(lane);
        Fill();
        foreach (int flags in FlagsOf(kind))
        {
            // Blocks of files that have none: there is none left.
            Assert.Equal(-Enospc, await scene.AgreeAsync(FileCall.Write, () => Open("empty", Native.ReadWrite)));
            Assert.Equal(-Enospc, await scene.AgreeAsync(FileCall.WriteAt(0), () => Open("empty", Native.ReadWrite), () => OpenByLibrary("empty")));
            Assert.Equal(-Enospc, await scene.AgreeAsync(FileCall.Allocate(1 << 20), () => Open("empty", flags)));
        }

        // What is there can be read and synchronised, and made shorter.
        Assert.Equal(FileCall.Bytes, await scene.AgreeAsync(FileCall.ReadAt(8), () => Open("filler", Native.ReadWrite)));
        Assert.Equal(0, await scene.AgreeAsync(FileCall.Sync, () => Open("filler", Native.ReadWrite)));
        Assert.Equal(0, await scene.AgreeAsync(FileCall.Truncate(0), () => Open("filler", Native.ReadWrite)));
        Assert.Equal(FileCall.Bytes, await scene.AgreeAsync(FileCall.WriteAt(0), () => Open("empty", Native.ReadWrite)));
        await scene.EndAsync();
        Mounts.Unmount(_root);
    }

    /// <summary>Each form of a write fills what there is, and says so as its original does: a part, or ENOSPC where the file system takes all or nothing.</summary>
    [Theory, MemberData(nameof(FileSystems))]
    public async Task A_write_larger_than_the_room_writes_what_fits(Lane lane, string kind)
    {
        Mount(kind);
        await using var scene = new FaultScene(lane);
        byte[] bytes = new byte[Ext4Bytes * 2];
        new Random(7).NextBytes(bytes);
        Memory<byte> data = Aligned(bytes);
        foreach (int flags in FlagsOf(kind))
        {
            using SafeFileHandle file = Open("whole", flags);
            long expected = FileCall.WriteAt(0).System(file, data.Span);
            Empty(file);
            nint written = await LibcCalls.PWrite(scene.Runtime, "t", AsyncCallErrors.ReturnValue, file, data, (nuint)data.Length, 0, default).AsIntPtr().Bound();
            AssertPart(expected, written, data.Span);
            Empty(file);

            using (HandleLease lease = scene.Context.Lease(file))
            using (BufferLease buffer = scene.Context.Pin(data))
            {
                scene.Context.Submit(Iocb.Write(lease, buffer, data.Length, 0).With(1));
                long result = scene.Context.ReapOne().Result;
                AssertPart(expected, result == -Enospc ? -1 : result, data.Span);
                Empty(file);
            }

            IOException thrown = await Assert.ThrowsAsync<IOException>(() => RandomAccessCalls.Write(scene.Runtime, "t", file, data, 0, default).Bound());
            Assert.Equal(Enospc, thrown.HResult);
            AssertContent(data.Span[..(int)new FileInfo(Path.Combine(_root, "whole")).Length]);
            Empty(file);
        }

        await scene.EndAsync();
        Mounts.Unmount(_root);
    }

    /// <summary>Memory that O_DIRECT takes: it begins at a block.</summary>
    private static unsafe Memory<byte> Aligned(byte[] data)
    {
        const int Block = 4096;
        byte[] memory = GC.AllocateArray<byte>(data.Length + Block, pinned: true);
        int skip = (int)((Block - ((nuint)System.Runtime.InteropServices.Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0) % Block)) % Block);
        data.CopyTo(memory.AsSpan(skip));
        return memory.AsMemory(skip, data.Length);
    }

    /// <summary>A file that is opened with O_DIRECT takes another way, where the file system has one.</summary>
    private static int[] FlagsOf(string kind) => kind == "tmpfs" ? [Native.ReadWrite] : [Native.ReadWrite, Native.ReadWrite | Native.Direct];

    private void Mount(string kind)
    {
        if (kind == "tmpfs")
        {
            Mounts.MountTmpfs(_root, TmpfsBytes);
        }
        else
        {
            Mounts.MountExt4(_root, Path.Combine(_folder, "image"), Ext4Bytes);
        }
    }

    private SafeFileHandle Open(string name, int flags)
    {
        SafeFileHandle file = Native.OpenFile(Path.Combine(_root, name), flags | Native.Create);
        Assert.False(file.IsInvalid, $"{name} cannot be opened.");
        return file;
    }

    private SafeFileHandle OpenByLibrary(string name) => File.OpenHandle(Path.Combine(_root, name), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);

    /// <summary>Takes the last block; the files that the test writes to are made before, because a name needs room too.</summary>
    private void Fill()
    {
        Open("empty", Native.ReadWrite).Dispose();
        using SafeFileHandle filler = Open("filler", Native.ReadWrite);
        foreach (int size in (int[])[64 << 10, 4 << 10, 1 << 10])
        {
            byte[] data = new byte[size];
            while (Native.WriteOnce(filler, data) > 0)
            {
            }

            Assert.Equal(0, Native.fsync((int)filler.DangerousGetHandle()));
        }
    }

    /// <summary>How much fits differs a little from time to time where blocks are given out late.</summary>
    private void AssertPart(long expected, long written, ReadOnlySpan<byte> data)
    {
        if (expected < 0)
        {
            Assert.Equal(-1, written);
            return;
        }

        Assert.InRange(written, expected * 9 / 10, Math.Min(data.Length - 1, expected * 11 / 10));
        AssertContent(data[..(int)written]);
    }

    private void AssertContent(ReadOnlySpan<byte> expected) => Assert.True(expected.SequenceEqual(File.ReadAllBytes(Path.Combine(_root, "whole"))), "The file has other bytes.");

    private static void Empty(SafeFileHandle file) => Assert.Equal(0, Native.ftruncate((int)file.DangerousGetHandle(), 0));
}
