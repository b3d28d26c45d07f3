namespace Demo;

internal static partial class Libc
{
    /// <summary>pread(2).</summary>
    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pread(SafeFileHandle fd, Span<byte> buf, nuint count, long offset);

    [AsyncCall]
    [LibraryImport("libc.so.6", EntryPoint = "write", SetLastError = true)]
    internal static partial int Write(SafeFileHandle fd, ReadOnlySpan<byte> buf, int count);

    [AsyncCall]
    [LibraryImport("c", SetLastError = true)]
    internal static partial int fsync(SafeHandle fd);

    [AsyncCall(Errors = AsyncCallErrors.Exception)]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SafeFileHandle open(string path, int flags, uint mode);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int openat(SafeFileHandle directory, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int fd);
}
