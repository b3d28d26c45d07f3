using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>
/// The door to the kernel: imports of libc, wrapped so that each answers as the kernel does, with a value ≥ 0 or −errno.
/// The last P/Invoke error of the thread is not part of any answer.
/// </summary>
internal static unsafe partial class Syscalls
{
    private const string Libc = "libc";

    /// <summary>A system call's own answer from libc's: −1 becomes −errno.</summary>
    private static nint Answer(nint result) => result == -1 ? -Marshal.GetLastPInvokeError() : result;

    /// <summary>Any system call, by its number on this processor.</summary>
    public static nint Raw(nint number, nint a, nint b, nint c, nint d, nint e, nint f) => Answer(syscall(number, a, b, c, d, e, f));

    [LibraryImport(Libc, SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
