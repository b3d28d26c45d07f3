namespace Demo;

internal static partial class Libc
{
    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint ReadInt32(SafeFileHandle fd, Span<byte> buffer, int count);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint ReadUInt32(SafeFileHandle fd, Span<byte> buffer, uint count);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint ReadIntPtr(SafeFileHandle fd, Span<byte> buffer, nint count);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint ReadInt64(SafeFileHandle fd, Span<byte> buffer, long count);

    [AsyncCall]
    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    internal static partial nint ReadUInt64(SafeFileHandle fd, Span<byte> buffer, ulong count);
}
