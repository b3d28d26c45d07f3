using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using AsyncCalls.Calls;
using AsyncCalls.Contexts;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.CompilerServices;

/// <summary>
/// A started import, for generated code, which turns it once into the <see cref="ValueTask"/> of the import's own return type.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "Consumed where it is made.")]
public readonly struct ImportCall
{
    private readonly IoCall? _call;
    private readonly long _result;
    private readonly Exception? _error;

    internal ImportCall(Started started)
    {
        _call = started.Call;
        _result = started.Result;
        _error = started.Error;
    }

    internal ImportCall(Exception error) => _error = error;

    /// <summary>The result of an import that returns <see cref="int"/>.</summary>
    public ValueTask<int> AsInt32() =>
        _call is not null ? new ValueTask<int>(_call, _call.Version)
        : _error is not null ? Failed<int>(_error)
        : new ValueTask<int>((int)IoCall.AsImport(_result));

    /// <summary>The result of an import that returns <see cref="long"/>.</summary>
    public ValueTask<long> AsInt64() =>
        _call is not null ? new ValueTask<long>(_call, _call.Version)
        : _error is not null ? Failed<long>(_error)
        : new ValueTask<long>(IoCall.AsImport(_result));

    /// <summary>The result of an import that returns <see cref="nint"/>.</summary>
    public ValueTask<nint> AsIntPtr() =>
        _call is not null ? new ValueTask<nint>(_call, _call.Version)
        : _error is not null ? Failed<nint>(_error)
        : new ValueTask<nint>((nint)IoCall.AsImport(_result));

    /// <summary>The end of an import that returns nothing.</summary>
    public ValueTask AsVoid()
    {
        if (_call is not null)
        {
            return new ValueTask(_call, _call.Version);
        }

        if (_error is OperationCanceledException cancelled)
        {
            return ValueTask.FromCanceled(cancelled.CancellationToken);
        }

        if (_error is not null)
        {
            return ValueTask.FromException(_error);
        }

        IoCall.AsImport(_result);
        return ValueTask.CompletedTask;
    }

    /// <summary>The descriptor that an import opened, as a handle; invalid where the import failed, as the import gives it.</summary>
    public ValueTask<SafeFileHandle> AsFileHandle() =>
        _call is not null ? new ValueTask<SafeFileHandle>(_call, _call.Version)
        : _error is not null ? Failed<SafeFileHandle>(_error)
        : new ValueTask<SafeFileHandle>(new SafeFileHandle((nint)IoCall.AsImport(_result), ownsHandle: true));

    /// <summary>The connection of <see cref="Socket.Accept"/>, which is never attempted at once.</summary>
    internal ValueTask<Socket> AsSocket() => _call is not null ? new ValueTask<Socket>(_call, _call.Version) : Failed<Socket>(_error!);

    /// <summary>The result of an import that returns <see cref="int"/>, and the error number.</summary>
    public ValueTask<AsyncCallResult<int>> AsInt32Result() =>
        _call is not null ? new ValueTask<AsyncCallResult<int>>(_call, _call.Version)
        : _error is not null ? Failed<AsyncCallResult<int>>(_error)
        : new ValueTask<AsyncCallResult<int>>(IoCall.WithErrno((int)IoCall.AsImport(_result)));

    /// <summary>The result of an import that returns <see cref="long"/>, and the error number.</summary>
    public ValueTask<AsyncCallResult<long>> AsInt64Result() =>
        _call is not null ? new ValueTask<AsyncCallResult<long>>(_call, _call.Version)
        : _error is not null ? Failed<AsyncCallResult<long>>(_error)
        : new ValueTask<AsyncCallResult<long>>(IoCall.WithErrno(IoCall.AsImport(_result)));

    /// <summary>The result of an import that returns <see cref="nint"/>, and the error number.</summary>
    public ValueTask<AsyncCallResult<nint>> AsIntPtrResult() =>
        _call is not null ? new ValueTask<AsyncCallResult<nint>>(_call, _call.Version)
        : _error is not null ? Failed<AsyncCallResult<nint>>(_error)
        : new ValueTask<AsyncCallResult<nint>>(IoCall.WithErrno((nint)IoCall.AsImport(_result)));

    /// <summary>The descriptor that an import opened, as a handle that is invalid where it failed, and the error number.</summary>
    public ValueTask<AsyncCallResult<SafeFileHandle>> AsFileHandleResult() =>
        _call is not null ? new ValueTask<AsyncCallResult<SafeFileHandle>>(_call, _call.Version)
        : _error is not null ? Failed<AsyncCallResult<SafeFileHandle>>(_error)
        : new ValueTask<AsyncCallResult<SafeFileHandle>>(IoCall.WithErrno(new SafeFileHandle((nint)IoCall.AsImport(_result), ownsHandle: true)));

    private static ValueTask<T> Failed<T>(Exception error) =>
        error is OperationCanceledException cancelled ? ValueTask.FromCanceled<T>(cancelled.CancellationToken) : ValueTask.FromException<T>(error);
}
