namespace Demo;

internal static partial class Libc
{
    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(SafeFileHandle fd, Span<int> buffer, nuint count);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    internal static partial int open(string path, int flags);

    [AsyncCall(Errors = AsyncCallErrors.Exception)]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ftruncate(SafeFileHandle fd, uint length);
}
