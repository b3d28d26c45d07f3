using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>
/// The door to the kernel: imports of libc, wrapped so that each answers as the kernel does, with a value ≥ 0 or −errno.
/// errno is read where a call failed and nowhere else; the last P/Invoke error of the thread is left to whoever owns the thread.
/// </summary>
internal static unsafe partial class Syscalls
{
    private const string Libc = "libc";

    /// <summary>A system call's own answer from libc's: −1 becomes −errno.</summary>
    /// <remarks>Right behind the import, as SetLastError has it, which clears errno before each call and copies it after: the collector and the compiler of the runtime keep it in between.</remarks>
    private static nint Answer(nint result) => result == -1 ? -Marshal.GetLastSystemError() : result;

    /// <summary>Any system call, by its number on this processor.</summary>
    public static nint Raw(nint number, nint a, nint b, nint c, nint d, nint e, nint f) => Answer(syscall(number, a, b, c, d, e, f));

    [LibraryImport(Libc)]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
