namespace Demo;

internal static partial class Libc
{
    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int flock(SafeFileHandle fd, int operation);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial void sync();

    [AsyncCall]
    [LibraryImport("sqlite3", SetLastError = true)]
    internal static partial int sqlite3_release_memory(int bytes);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint getrandom(Span<byte> buffer, nuint length, uint flags);
}
