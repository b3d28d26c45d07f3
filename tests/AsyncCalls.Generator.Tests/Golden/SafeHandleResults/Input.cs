namespace Demo;

public sealed class SafeSocket : SafeHandleMinusOneIsInvalid
{
    public SafeSocket()
        : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle() => true;
}

internal static partial class Libc
{
    [AsyncCall, LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial SafeFileHandle open(string path, int flags, uint mode);

    [AsyncCall, LibraryImport("libc", SetLastError = true)]
    internal static partial SafeSocket accept(SafeSocket fd, nint address, nint length);

    [AsyncCall(Errors = AsyncCallErrors.Exception), LibraryImport("libc", SetLastError = true)]
    internal static partial SafeFileHandle memfd_create([MarshalAs(UnmanagedType.LPUTF8Str)] string name, uint flags);

    [AsyncCall, LibraryImport("libc", SetLastError = true)]
    internal static partial int dup3(SafeFileHandle from, SafeFileHandle to, int flags);
}
