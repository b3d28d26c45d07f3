using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Stress.Fixtures;

/// <summary>The annotated system calls that the proofs make, and the plain ones that they need beside them.</summary>
internal static unsafe partial class Libc
{
    public const int CloseOnExec = 0x80000;

    private const short PollIn = 1;
    private const int Interrupted = 4;
    private const int BlockSignals = 0;

    /// <summary>O_DIRECT, which is one of the flags that differ between processors.</summary>
    public static int Direct => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x10000 : 0x4000;

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(SafeFileHandle fd, Span<byte> buf, nuint count);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pread(SafeFileHandle fd, Span<byte> buf, nuint count, long offset);

    /// <summary>Makes the thread that it runs on deaf to every signal, as one is that waits for a broken device.</summary>
    [AsyncCall]
    public static int DeafenThread()
    {
        ulong* all = stackalloc ulong[16];
        new Span<ulong>(all, 16).Fill(ulong.MaxValue);
        return pthread_sigmask(BlockSignals, all, null);
    }

    /// <summary>A body that ends at once.</summary>
    [AsyncCall]
    public static void Nothing()
    {
    }

    public static SafeFileHandle Open(string path, int flags)
    {
        int descriptor = open(path, flags | CloseOnExec);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Writes all of it at once. False: the other end is gone.</summary>
    public static bool Write(SafeHandle handle, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            nint written;
            do
            {
                written = write(handle, start, (nuint)data.Length);
            }
            while (written < 0 && Marshal.GetLastPInvokeError() == Interrupted);
            return written == data.Length;
        }
    }

    /// <summary>Whether there is something to read at this moment.</summary>
    public static bool IsReadable(SafeFileHandle handle)
    {
        var entry = new PollEntry { Fd = (int)handle.DangerousGetHandle(), Events = PollIn };
        int found;
        do
        {
            found = poll(&entry, 1, 0);
        }
        while (found < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        return found == 1 && (entry.Returned & PollIn) != 0;
    }

    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe2(Span<int> ends, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeHandle fd, byte* buf, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollEntry* entries, ulong count, int timeoutMs);

    [LibraryImport("libc")]
    private static partial int pthread_sigmask(int how, ulong* set, ulong* before);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Fd;
        public short Events;
        public short Returned;
    }
}
