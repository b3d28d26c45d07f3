using System.Runtime.CompilerServices;

namespace TreeDigest.Files;

/// <summary>A file that the walk came to, or a place that it could not look into.</summary>
/// <param name="Path">The folder as the user wrote it, and the way from there.</param>
/// <param name="Length">Length when it was listed: a hint.</param>
/// <param name="Problem">Why there is nothing to digest here; null for a file.</param>
internal readonly record struct FoundFile(string Path, long Length, string? Problem = null);

/// <summary>Walks a folder in the order of whole paths, as <c>find -type f</c> sees it. Memory: the entries of the folders it is in.</summary>
internal sealed class TreeWalker(FileReader reader, Tally tally)
{
    public async IAsyncEnumerable<FoundFile> FindAsync(string root, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var ahead = new Stack<(string Path, FolderEntry Entry)>();
        ahead.Push((root, new FolderEntry(root, EntryKind.Folder)));
        while (ahead.TryPop(out (string Path, FolderEntry Entry) next))
        {
            switch (next.Entry.Kind)
            {
                case EntryKind.File:
                    yield return new FoundFile(next.Path, next.Entry.Length);
                    break;

                case EntryKind.Folder:
                    string? problem = await EnterAsync(next.Path, ahead, cancellationToken);
                    if (problem is not null)
                    {
                        yield return new FoundFile(next.Path, 0, problem);
                    }

                    break;

                case EntryKind.Unreadable:
                    yield return new FoundFile(next.Path, 0, next.Entry.Problem);
                    break;

                default:
                    tally.CountSkipped();
                    break;
            }
        }
    }

    /// <summary>Puts the entries of a folder on top, the first one uppermost; or says why that cannot be done.</summary>
    private async ValueTask<string?> EnterAsync(string folder, Stack<(string Path, FolderEntry Entry)> ahead, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<FolderEntry> entries = await reader.ListAsync(folder, cancellationToken);
            for (int i = entries.Count - 1; i >= 0; i--)
            {
                ahead.Push((Path.Join(folder, entries[i].Name), entries[i]));
            }

            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }
}
