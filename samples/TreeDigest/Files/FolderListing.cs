using System.IO.Enumeration;

namespace TreeDigest.Files;

/// <summary>Reads one folder; symbolic links stay links.</summary>
internal static class FolderListing
{
    private static readonly EnumerationOptions Everything = new()
    {
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
        RecurseSubdirectories = false,
        ReturnSpecialDirectories = false,
    };

    public static IReadOnlyList<FolderEntry> Read(string folder, CancellationToken cancellationToken)
    {
        var entries = new List<FolderEntry>();
        foreach (string name in new FileSystemEnumerable<string>(folder, static (ref entry) => entry.FileName.ToString(), Everything))
        {
            cancellationToken.ThrowIfCancellationRequested();
            entries.Add(FileKinds.Describe(folder, name));
        }

        entries.Sort(static (left, right) => PathOrder.CompareInFolder(left, right));
        return entries;
    }
}
