namespace TreeDigest.Files;

/// <summary>The order of the output: that of <c>LC_ALL=C sort</c> on whole paths, which is the order of their UTF-8 bytes.</summary>
internal static class PathOrder
{
    /// <summary>
    /// Orders the entries of one folder so that a walk which enters folders where they come gives whole paths in order: what
    /// follows the name of a folder in a path is always a slash.
    /// </summary>
    public static int CompareInFolder(in FolderEntry left, in FolderEntry right)
    {
        string a = left.Name;
        string b = right.Name;
        int common = a.AsSpan().CommonPrefixLength(b);
        return Unit(left, common) - Unit(right, common);
    }

    private static int Unit(in FolderEntry entry, int index)
    {
        if (index == entry.Name.Length)
        {
            return entry.Kind == EntryKind.Folder ? '/' : -1;
        }

        // UTF-16 puts surrogates, that is everything from U+10000, before U+E000; UTF-8 does not.
        char unit = entry.Name[index];
        return char.IsSurrogate(unit) ? unit + 0x10000 : unit;
    }
}
