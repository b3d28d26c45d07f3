namespace Demo;

public sealed partial class Folders(AsyncCallRuntime calls)
{
    /// <summary>Lists a folder.</summary>
    [AsyncCall]
    public FileInfo[] List(string folder, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new DirectoryInfo(folder).GetFiles();
    }

    [AsyncCall]
    public void Clear() => Console.Clear();

    [AsyncCall]
    public int Fill(Span<char> text, ReadOnlySpan<char> with) => text.Length + with.Length;
}
