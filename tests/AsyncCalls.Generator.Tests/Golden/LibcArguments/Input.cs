namespace Demo;

[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct EpollEvent
{
    public uint Events;
    public ulong Data;
}

internal static partial class Libc
{
    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int accept4(SafeHandle socket, Span<byte> address, Span<uint> addressLength, int flags);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint sendto(SafeHandle socket, ReadOnlySpan<byte> buffer, nuint length, int flags, byte[] address, int addressLength);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rename(string from, string to);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint getxattr(string path, string name, Span<byte> value, nuint size);

    [AsyncCall(Errors = AsyncCallErrors.Exception)]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_wait(SafeFileHandle epoll, Span<EpollEvent> events, int maxEvents, int timeoutMs);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int pipe2(Span<int> descriptors, int flags);
}
