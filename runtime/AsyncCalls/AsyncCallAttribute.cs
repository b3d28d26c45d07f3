namespace AsyncCalls;

/// <summary>
/// Asks the generator for an asynchronous twin of a synchronous method: <c>NameAsync</c>, in the same type, returning
/// <see cref="ValueTask"/> or <see cref="ValueTask{TResult}"/>, with <see cref="Memory{T}"/> where the method has
/// <see cref="Span{T}"/> and a trailing optional <see cref="CancellationToken"/>.
/// </summary>
/// <remarks>
/// <para>What the twin does follows from the method. A body that is one known call of the class library
/// (<see cref="RandomAccess.Read(Microsoft.Win32.SafeHandles.SafeFileHandle, Span{byte}, long)"/>, say) and an import of a known
/// system call become one native descriptor; any other body or import runs unchanged on a worker thread.</para>
/// <para>The runtime is found as <c>LoggerMessage</c> finds its logger: a field, property or primary-constructor parameter of type
/// <see cref="AsyncCallRuntime"/> in an instance method; the parameter of the twin, or else
/// <see cref="AsyncCallRuntime.Shared"/>, in a static one.</para>
/// <para>An <c>in</c> parameter is copied; <c>out</c> parameters are returned in a tuple, after the result. The twin of a member of an interface is a member of the interface, and
/// that of a virtual or abstract method is virtual: twins of implementations and overrides take their place, and where there is none, the method runs on a worker thread.</para>
/// </remarks>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class AsyncCallAttribute : Attribute
{
    /// <summary>How the twin of an import reports an error. Has no meaning for other methods, whose twins throw what they throw.</summary>
    public AsyncCallErrors Errors { get; set; }

    /// <summary>The twin's name, in which <c>*</c> stands for that of the method. Default: null, which is <c>*Async</c>.</summary>
    public string? Name { get; set; }

    /// <summary>
    /// The time that a call of the twin has, in milliseconds; see <see cref="CallOptions.Timeout"/>. Default: 0, no limit. A time that the caller chose (<see cref="CallOptions"/>,
    /// <see cref="AsyncCallRuntime.WithTimeout"/>) counts in its place.
    /// </summary>
    public int TimeoutMs { get; set; }

    /// <summary>Native backends without which the twin throws; see <see cref="CallOptions.RequiredBackends"/>. Default: none.</summary>
    public AsyncCallBackends RequiredBackends { get; set; }

    /// <summary>
    /// Whether the twin of an import of accept, accept4, read or recv is a stream, for <c>await foreach</c>: an <see cref="IAsyncEnumerable{T}"/> of connections
    /// (<see cref="System.Net.Sockets.SafeSocketHandle"/>) or of <see cref="LeasedBuffer"/>. It has the handle and the flags of the import, a <see cref="LeasedBufferPool"/> in the place of
    /// the buffer, and neither its length nor the peer's address; see <see cref="AsyncCallRuntime.AcceptAllAsync"/>, <see cref="AsyncCallRuntime.ReadAllAsync"/> and
    /// <see cref="AsyncCallRuntime.ReceiveAllAsync"/> for what it promises. Default: false.
    /// </summary>
    public bool Multishot { get; set; }

    /// <summary>Whether the twin has an overload with <see cref="CallOptions"/> before the token. Default: false.</summary>
    public bool TakesOptions { get; set; }
}
