namespace Demo;

internal static partial class Libc
{
    [AsyncCall(Errors = AsyncCallErrors.Result), LibraryImport("libc", SetLastError = true)]
    internal static partial nint pread(SafeFileHandle fd, Span<byte> buf, nuint count, long offset);

    [AsyncCall(Errors = AsyncCallErrors.Result), LibraryImport("libc", SetLastError = true)]
    internal static partial int fsync(SafeFileHandle fd);

    [AsyncCall(Errors = AsyncCallErrors.Result), LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SafeFileHandle open(string path, int flags, uint mode);

    [AsyncCall(Errors = AsyncCallErrors.Result), LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(SafeFileHandle fd, int operation);

    [AsyncCall(Errors = AsyncCallErrors.Result), LibraryImport("libc", SetLastError = true)]
    internal static partial int waitpid(int pid, out int status, int options);
}
