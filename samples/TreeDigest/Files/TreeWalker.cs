using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace TreeDigest.Files;

/// <summary>A file that the walk came to, or a place that it could not look into.</summary>
/// <param name="Path">The folder as the user wrote it, and the way from there.</param>
/// <param name="Length">Length when it was listed: a hint.</param>
/// <param name="Problem">Why there is nothing to digest here; null for a file.</param>
internal readonly record struct FoundFile(string Path, long Length, string? Problem = null);

/// <summary>
/// Walks a folder in the order of whole paths, as <c>find -type f</c> sees it. The next few folders are listed ahead, because one
/// after the other they would be slower than the digests.
/// </summary>
/// <remarks>Memory: what is still to come of the folders that it is in, and the listings ahead of each of them.</remarks>
internal sealed class TreeWalker(FileReader reader, Tally tally)
{
    /// <summary>For each folder that the walk is in. A few: the digests need the processors too.</summary>
    private const int FoldersAhead = 4;

    private readonly Stack<Place> _places = new();
    private readonly Stack<Place> _folders = new();

    public async IAsyncEnumerable<FoundFile> FindAsync(string root, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Push(new Place(root, new FolderEntry(root, EntryKind.Folder)));
        while (_places.TryPop(out Place? place))
        {
            switch (place.Entry.Kind)
            {
                case EntryKind.File:
                    yield return new FoundFile(place.Path, place.Entry.Length);
                    break;

                case EntryKind.Folder:
                    string? problem = await EnterAsync(place, cancellationToken);
                    if (problem is not null)
                    {
                        yield return new FoundFile(place.Path, 0, problem);
                    }

                    break;

                case EntryKind.Unreadable:
                    yield return new FoundFile(place.Path, 0, place.Entry.Problem);
                    break;

                default:
                    tally.CountSkipped();
                    break;
            }
        }
    }

    /// <summary>Puts the entries of a folder on top, the first one uppermost; or says why that cannot be done.</summary>
    private async ValueTask<string?> EnterAsync(Place folder, CancellationToken cancellationToken)
    {
        ListAhead(cancellationToken);
        Place top = _folders.Pop();
        Debug.Assert(ReferenceEquals(top, folder), "Both stacks hold the folders in one order.");
        try
        {
            IReadOnlyList<FolderEntry> entries = await folder.Listing!;
            for (int i = entries.Count - 1; i >= 0; i--)
            {
                Push(new Place(Path.Join(folder.Path, entries[i].Name), entries[i]));
            }

            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }

    private void Push(Place place)
    {
        _places.Push(place);
        if (place.Entry.Kind == EntryKind.Folder)
        {
            _folders.Push(place);
        }
    }

    private void ListAhead(CancellationToken cancellationToken)
    {
        foreach (Place folder in _folders.Take(FoldersAhead))
        {
            folder.Listing ??= reader.ListAsync(folder.Path, cancellationToken).AsTask();
        }
    }

    /// <summary>An entry that the walk has yet to come to.</summary>
    private sealed class Place(string path, FolderEntry entry)
    {
        public string Path { get; } = path;

        public FolderEntry Entry { get; } = entry;

        /// <summary>Of a folder, once it is asked for.</summary>
        public Task<IReadOnlyList<FolderEntry>>? Listing { get; set; }
    }
}
