namespace AsyncCalls.Generator;

/// <summary>The names that the generator looks for and writes.</summary>
internal static class KnownNames
{
    public const string AsyncCallAttribute = "AsyncCalls.AsyncCallAttribute";
    public const string Runtime = "global::AsyncCalls.AsyncCallRuntime";
    public const string SharedRuntime = Runtime + ".Shared";
    public const string Options = "global::AsyncCalls.CallOptions";
    public const string Result = "global::AsyncCalls.AsyncCallResult";
    public const string Errors = "global::AsyncCalls.AsyncCallErrors";
    public const string Operation = "global::AsyncCalls.CallOperation";
    public const string Traits = "global::AsyncCalls.CallTraits";
    public const string CompilerServices = "global::AsyncCalls.CompilerServices";
    public const string SocketHandle = "global::System.Net.Sockets.SafeSocketHandle";
    public const string BufferPool = "global::AsyncCalls.LeasedBufferPool";
    public const string LeasedBuffer = "global::AsyncCalls.LeasedBuffer";
    public const string AsyncEnumerable = "global::System.Collections.Generic.IAsyncEnumerable";
    public const string ValueTask = "global::System.Threading.Tasks.ValueTask";
    public const string CancellationToken = "global::System.Threading.CancellationToken";

    /// <summary>What the twin's name has that the method's has not, where the attribute has no pattern.</summary>
    public const string TwinSuffix = "Async";

    /// <summary>The tool in the <c>[GeneratedCode]</c> of each twin.</summary>
    public const string Tool = "AsyncCalls.Generator";
}
