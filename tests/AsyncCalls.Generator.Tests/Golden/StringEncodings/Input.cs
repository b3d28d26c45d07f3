namespace Demo;

internal static partial class Libc
{
    [AsyncCall, LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, uint mode);

    [AsyncCall, LibraryImport("libc", EntryPoint = "open", SetLastError = true)]
    internal static partial int OpenMarshalled([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mode);

    // The bytes of UTF-16 are no path: the import itself is called, and does what it is declared to do.
    [AsyncCall, LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    internal static partial int OpenWide(string path, int flags, uint mode);

    [AsyncCall, LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rename(string from, string to);

    [AsyncCall, LibraryImport("other", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    internal static partial int put(string text, string? note);
}
