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
/// </remarks>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class AsyncCallAttribute : Attribute
{
    /// <summary>How the twin of an import reports an error. Has no meaning for other methods, whose twins throw what they throw.</summary>
    public AsyncCallErrors Errors { get; set; }
}
