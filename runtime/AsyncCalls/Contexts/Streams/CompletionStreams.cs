namespace AsyncCalls.Contexts.Streams;

/// <summary>Makes a stream for each enumeration.</summary>
internal sealed class CompletionStreams<T>(Func<CancellationToken, CompletionStream<T>> make) : IAsyncEnumerable<T>
{
    public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default) => make(cancellationToken);
}
