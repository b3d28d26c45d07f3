using System.Runtime.InteropServices;
using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Ratios;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>One call at once through a block, on the thread that wants it.</summary>
internal static unsafe partial class CallMetrics
{
    public static IEnumerable<Metric> All { get; } =
    [
        new()
        {
            Name = "call_vs_syscall",
            Work = "context.Call of a 4 KiB pread, leased handle and pinned buffer, in page cache",
            Reference = "P/Invoke of pread, handle and buffer marshalled",
            Target = new Target(1.05, Bytes: 0),
            Open = resources => Open(resources, isUnsafe: false),
        },
        new()
        {
            Name = "call_unsafe_vs_syscall",
            Work = "context.Call of a 4 KiB pread, descriptor and address",
            Reference = "P/Invoke of pread, descriptor and address",
            Target = new Target(1.05, Bytes: 0),
            Open = resources => Open(resources, isUnsafe: true),
        },
    ];

    private static Comparison Open(BenchmarkResources resources, bool isUnsafe)
    {
        CachedFile file = resources.CachedFile;
        var buffer = new AlignedBuffer(CachedFile.BlockBytes);
        var runtime = new AsyncCallRuntime();
        AsyncCallContext context = runtime.CreateContext();
        byte[] managed = GC.AllocateArray<byte>(CachedFile.BlockBytes, pinned: true);
        HandleLease handle = context.Lease(file.Ours);
        BufferLease pinned = context.Pin(managed);
        int fd = (int)file.Ours.DangerousGetHandle();
        int referenceFd = (int)file.Reference.DangerousGetHandle();
        byte* address = (byte*)buffer.Address;
        return isUnsafe
            ? new Comparison(
                new TimedWork(calls => CallUnsafe(context, fd, address, calls)),
                new TimedWork(calls => PreadUnsafe(referenceFd, address, calls)),
                context,
                runtime,
                buffer)
            : new Comparison(
                new TimedWork(calls => Call(context, handle, pinned, calls)),
                new TimedWork(calls => Pread(file.Reference, managed, calls)),
                context,
                runtime,
                buffer);
    }

    private static void Call(AsyncCallContext context, HandleLease handle, BufferLease buffer, int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            RequireWhole(context.Call(Iocb.Read(handle, buffer, CachedFile.BlockBytes, Offset(i))));
        }
    }

    private static void Pread(SafeFileHandle file, byte[] buffer, int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            RequireWhole(pread(file, buffer, (nuint)buffer.Length, Offset(i)));
        }
    }

    private static void CallUnsafe(AsyncCallContext context, int fd, byte* buffer, int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            RequireWhole(context.Call(Iocb.UnsafeRead(fd, buffer, CachedFile.BlockBytes, Offset(i))));
        }
    }

    private static void PreadUnsafe(int fd, byte* buffer, int calls)
    {
        for (int i = 0; i < calls; i++)
        {
            RequireWhole(pread(fd, buffer, CachedFile.BlockBytes, Offset(i)));
        }
    }

    private static long Offset(int call) => (long)(call % CachedFile.Blocks) * CachedFile.BlockBytes;

    private static void RequireWhole(long read)
    {
        if (read != CachedFile.BlockBytes)
        {
            throw new IOException($"A read of {CachedFile.BlockBytes} bytes gave {read}.");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(SafeFileHandle fd, Span<byte> buf, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(int fd, byte* buf, nuint count, long offset);
}
