namespace TreeDigest.Files;

/// <summary>What an entry of a folder is, as far as this program cares.</summary>
internal enum EntryKind
{
    /// <summary>A regular file: digested.</summary>
    File,

    /// <summary>A folder: entered.</summary>
    Folder,

    /// <summary>A symbolic link, pipe, socket or device: neither followed nor opened (opening a pipe waits for its writer).</summary>
    Skipped,

    /// <summary>Nobody could say; <see cref="FolderEntry.Problem"/> says why.</summary>
    Unreadable,
}

/// <summary>An entry of a folder.</summary>
/// <param name="Name">The name in its folder.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Length">Length of a file when it was listed; 0 where the system does not say.</param>
/// <param name="Problem">Why it is unreadable.</param>
internal readonly record struct FolderEntry(string Name, EntryKind Kind, long Length = 0, string? Problem = null);
