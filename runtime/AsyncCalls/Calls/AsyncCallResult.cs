using AsyncCalls.Calls;

namespace AsyncCalls;

/// <summary>
/// What an import gave, with its error number: the twin of an import returns it where <c>[AsyncCall(Errors = AsyncCallErrors.Result)]</c> asks for it, so that an error costs no exception.
/// </summary>
/// <typeparam name="T">What the import returns; with <c>out</c> parameters, a tuple of that and of them.</typeparam>
/// <param name="Value">What the import returned: after an error −1, or a handle that is invalid.</param>
/// <param name="Errno">The error number (errno(3)); 0 if the call succeeded.</param>
/// <remarks>A cancelled call throws <see cref="OperationCanceledException"/> all the same, and one whose time was up <see cref="AsyncCallTimeoutException"/>.</remarks>
public readonly record struct AsyncCallResult<T>(T Value, int Errno)
{
    /// <summary>Whether the call succeeded.</summary>
    public bool IsSuccess => Errno == 0;

    /// <summary>The value, or the exception that the class library throws for the error number.</summary>
    /// <exception cref="IOException">The call failed; some error numbers have other exceptions, such as <see cref="UnauthorizedAccessException"/>.</exception>
    public T GetValueOrThrow() => IsSuccess ? Value : throw FileErrors.FromErrno(Errno, path: null);
}
