using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AsyncCalls.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Ring;

/// <summary>
/// The memory of a ring. What the runtime made goes when nobody can reach the ring any more, never earlier: a consumer may still be
/// about to find it empty. What the caller gave is let go of when the ring is disposed.
/// </summary>
internal sealed unsafe class RingMemory : IDisposable
{
    /// <summary>Keeps memory of the pinned heap alive.</summary>
    private readonly byte[]? _array;

    /// <summary>What is given back to the kernel in the end, if anything is.</summary>
    private RingPages? _pages;

    private MemoryHandle _pin;

    private RingMemory(byte* start, CompletionRingStorage storage, byte[]? array = null, RingPages? pages = null, SafeFileHandle? file = null)
    {
        Start = start;
        Storage = storage;
        File = file;
        _array = array;
        _pages = pages;
    }

    public byte* Start { get; }

    public CompletionRingStorage Storage { get; private set; }

    /// <summary>The file that other processes can map, if there is one.</summary>
    public SafeFileHandle? File { get; }

    public bool IsCallers => Storage.Kind == CompletionRingStorageKind.Caller;

    /// <summary>Whether others than this ring may write to it.</summary>
    public bool IsShared => Storage.Kind != CompletionRingStorageKind.Private;

    /// <summary>Memory for a ring as the options ask for it.</summary>
    public static RingMemory Create(CompletionRingOptions options)
    {
        long bytes = RingLayout.BytesFor(options.Entries);
        RingMemory memory = options.Shared ? CreateShared(bytes, options.HugePages)
            : options.HugePages ? CreateHuge(bytes)
            : OnPinnedHeap(bytes);
        if (options.LockInMemory)
        {
            memory.Lock();
        }

        return memory;
    }

    /// <summary>Private memory that the GC never moves.</summary>
    public static RingMemory OnPinnedHeap(long bytes, string? hugePagesRefusal = null)
    {
        byte[] array = GC.AllocateArray<byte>(checked((int)bytes + RingLayout.Alignment), pinned: true);
        nuint start = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(array));
        start = (start + RingLayout.Alignment - 1) & ~(nuint)(RingLayout.Alignment - 1);
        var storage = new CompletionRingStorage(CompletionRingStorageKind.Private, bytes, HugePagesRefusal: hugePagesRefusal);
        return new RingMemory((byte*)start, storage, array);
    }

    /// <summary>Memory that the caller keeps; pinned until the ring is disposed.</summary>
    public static RingMemory OfCaller(Memory<byte> bytes)
    {
        MemoryHandle pin = bytes.Pin();
        try
        {
            RingMemory memory = OfCaller((byte*)pin.Pointer, (nuint)bytes.Length);
            memory._pin = pin;
            return memory;
        }
        catch
        {
            pin.Dispose();
            throw;
        }
    }

    /// <summary>Memory that the caller keeps, and keeps in place.</summary>
    public static RingMemory OfCaller(byte* start, nuint length)
    {
        if ((nuint)start % RingLayout.AlignmentMin != 0)
        {
            throw new ArgumentException($"A ring starts at a multiple of {RingLayout.AlignmentMin} bytes.", nameof(start));
        }

        return new RingMemory(start, new CompletionRingStorage(CompletionRingStorageKind.Caller, (long)length));
    }

    /// <summary>Maps a file of the caller's, or of another process, whole.</summary>
    public static RingMemory OfFile(SafeFileHandle file, long length)
    {
        return Map(file, length, new CompletionRingStorage(CompletionRingStorageKind.SharedFile, length), out int error)
            ?? throw Failure("The file cannot be mapped for reading and writing", error);
    }

    /// <summary>Lets go of memory that is the caller's. All others: the file is closed, and the mapping stays while anyone can reach it.</summary>
    public void Dispose()
    {
        _pin.Dispose();
        _pin = default;
        File?.Dispose();
    }

    public static IOException Failure(string what, int errno) => new($"{what}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}).", errno);

    private static RingMemory CreateShared(long bytes, bool hugePages)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Rings that processes share need Linux.");
        }

        string? refusal = null;
        if (hugePages)
        {
            if (TryCreateShared(bytes, HugePageBytes, out int errno) is { } huge)
            {
                return huge;
            }

            refusal = Refusal(errno);
        }

        RingMemory memory = TryCreateShared(bytes, hugePageBytes: 0, out int error) ?? throw Failure("No shared memory could be made", error);
        memory.Storage = memory.Storage with { HugePagesRefusal = refusal };
        return memory;
    }

    private static RingMemory? TryCreateShared(long bytes, long hugePageBytes, out int errno)
    {
        long length = RoundUp(bytes, hugePageBytes == 0 ? Environment.SystemPageSize : hugePageBytes);
        int fd = Syscalls.MemFd("asynccalls-ring\0"u8, hugePageBytes != 0);
        if (fd < 0)
        {
            errno = -fd;
            return null;
        }

        var file = new SafeFileHandle(fd, ownsHandle: true);
        int result = Syscalls.FTruncate(fd, length);
        result = result < 0 ? result : Syscalls.SealFileSize(fd);
        errno = -result;
        var storage = new CompletionRingStorage(CompletionRingStorageKind.SharedMemory, length, hugePageBytes != 0);
        RingMemory? memory = result < 0 ? null : Map(file, length, storage, out errno);
        if (memory is null)
        {
            file.Dispose();
        }

        return memory;
    }

    private static RingMemory? Map(SafeFileHandle file, long length, CompletionRingStorage storage, out int errno)
    {
        nint address = Syscalls.MapRing((int)file.DangerousGetHandle(), (nuint)length);
        return Populated(address, length, storage, file, out errno);
    }

    private static RingMemory CreateHuge(long bytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            return OnPinnedHeap(bytes, "this operating system is not asked for huge pages");
        }

        long length = RoundUp(bytes, HugePageBytes);
        var storage = new CompletionRingStorage(CompletionRingStorageKind.Private, length, HasHugePages: true);
        return Populated(Syscalls.MapHuge((nuint)length), length, storage, file: null, out int errno) ?? OnPinnedHeap(bytes, Refusal(errno));
    }

    private static RingMemory? Populated(nint address, long length, CompletionRingStorage storage, SafeFileHandle? file, out int errno)
    {
        int result = address < 0 && address > -MaxErrno ? (int)address : Syscalls.Populate(address, (nuint)length);
        errno = -result;
        if (result == 0)
        {
            return new RingMemory((byte*)address, storage, pages: new RingPages(address, (nuint)length, isMapped: true), file: file);
        }

        if (address > 0)
        {
            Syscalls.Unmap(address, (nuint)length);
        }

        return null;
    }

    private void Lock()
    {
        int result = OperatingSystem.IsLinux() ? Syscalls.LockMemory((nint)Start, (nuint)Storage.ByteLength) : -Errno.ENOSYS;
        if (result < 0)
        {
            Storage = Storage with { LockRefusal = Failure($"mlock of {Storage.ByteLength} bytes was refused", -result).Message };
            return;
        }

        Storage = Storage with { IsLocked = true };
        if (_array is not null)
        {
            _pages = new RingPages((nint)Start, (nuint)Storage.ByteLength, isMapped: false, _array);
        }
    }

    private static string Refusal(int errno) =>
        $"no huge pages: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}); /proc/sys/vm/nr_hugepages says how many are reserved";

    private static long RoundUp(long bytes, long unit) => (bytes + unit - 1) / unit * unit;

    private const int MaxErrno = 4095;

    /// <summary>The default size of huge pages, from /proc/meminfo; 2 MiB where that cannot be read.</summary>
    private static long HugePageBytes => HugePageBytesOf("/proc/meminfo");

    private static long HugePageBytesOf(string path)
    {
        const string Label = "Hugepagesize:";
        try
        {
            foreach (string line in System.IO.File.ReadLines(path))
            {
                if (line.StartsWith(Label, StringComparison.Ordinal))
                {
                    return long.Parse(line[Label.Length..].Replace("kB", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture) * 1024;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
        }

        return 2 << 20;
    }
}
