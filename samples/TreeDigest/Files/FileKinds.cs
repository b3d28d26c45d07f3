using System.Runtime.InteropServices;

namespace TreeDigest.Files;

/// <summary>
/// Tells regular files from everything that must not be opened. .NET's own attributes do not know pipes, sockets and devices, so
/// Linux is asked itself; elsewhere the attributes have to do.
/// </summary>
internal static partial class FileKinds
{
    private const int AtFdCwd = -100;
    private const int AtSymlinkNoFollow = 0x100;
    private const uint StatxTypeAndSize = 0x1 | 0x200;
    private const int KindMask = 0xF000;
    private const int KindFolder = 0x4000;
    private const int KindRegular = 0x8000;

    /// <summary>U+FFFD is what .NET reads bytes as that are not UTF-8; such a path leads nowhere.</summary>
    private const char Undecodable = '\uFFFD';

    public static FolderEntry Describe(string folder, string name)
    {
        string path = Path.Join(folder, name);
        try
        {
            return OperatingSystem.IsLinux() ? AskLinux(path, name) : AskAttributes(path, name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new FolderEntry(name, EntryKind.Unreadable, Problem: exception.Message);
        }
    }

    private static FolderEntry AskLinux(string path, string name)
    {
        if (Statx(AtFdCwd, path, AtSymlinkNoFollow, StatxTypeAndSize, out StatxBuffer found) == 0)
        {
            return (found.Mode & KindMask) switch
            {
                KindRegular => new FolderEntry(name, EntryKind.File, (long)found.Size),
                KindFolder => new FolderEntry(name, EntryKind.Folder),
                _ => new FolderEntry(name, EntryKind.Skipped),
            };
        }

        string problem = name.Contains(Undecodable, StringComparison.Ordinal)
            ? "the name is not valid UTF-8"
            : Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
        return new FolderEntry(name, EntryKind.Unreadable, Problem: problem);
    }

    private static FolderEntry AskAttributes(string path, string name)
    {
        FileAttributes attributes = File.GetAttributes(path);
        EntryKind kind = (attributes & (FileAttributes.ReparsePoint | FileAttributes.Device)) != 0 ? EntryKind.Skipped
            : (attributes & FileAttributes.Directory) != 0 ? EntryKind.Folder
            : EntryKind.File;
        return new FolderEntry(name, kind);
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, out StatxBuffer result);

    /// <summary><c>struct statx</c>: the kernel gives it one layout on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatxBuffer
    {
        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(40)]
        public ulong Size;
    }
}
