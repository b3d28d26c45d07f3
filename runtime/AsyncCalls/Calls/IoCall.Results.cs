using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Calls;

/// <summary>
/// The result in the type that the twin promises. The twin of an import sets the last P/Invoke error on the thread that takes the
/// result: errno itself does not survive an await.
/// </summary>
internal sealed unsafe partial class IoCall :
    IValueTaskSource, IValueTaskSource<int>, IValueTaskSource<long>, IValueTaskSource<nint>, IValueTaskSource<SafeFileHandle>,
    IValueTaskSource<AsyncCallResult<int>>, IValueTaskSource<AsyncCallResult<long>>, IValueTaskSource<AsyncCallResult<nint>>,
    IValueTaskSource<AsyncCallResult<SafeFileHandle>>, IValueTaskSource<Socket>
{
    void IValueTaskSource.GetResult(short token) => Take(token);

    int IValueTaskSource<int>.GetResult(short token) => (int)Take(token);

    long IValueTaskSource<long>.GetResult(short token) => Take(token);

    nint IValueTaskSource<nint>.GetResult(short token) => (nint)Take(token);

    SafeFileHandle IValueTaskSource<SafeFileHandle>.GetResult(short token) => new((nint)Take(token), ownsHandle: true);

    AsyncCallResult<int> IValueTaskSource<AsyncCallResult<int>>.GetResult(short token) => WithErrno((int)Take(token));

    AsyncCallResult<long> IValueTaskSource<AsyncCallResult<long>>.GetResult(short token) => WithErrno(Take(token));

    AsyncCallResult<nint> IValueTaskSource<AsyncCallResult<nint>>.GetResult(short token) => WithErrno((nint)Take(token));

    AsyncCallResult<SafeFileHandle> IValueTaskSource<AsyncCallResult<SafeFileHandle>>.GetResult(short token) =>
        WithErrno(new SafeFileHandle((nint)Take(token), ownsHandle: true));

    Socket IValueTaskSource<Socket>.GetResult(short token) => SocketOf(Take(token));

    /// <summary>A connection that was accepted. The class library finds out what it is.</summary>
    private static Socket SocketOf(long descriptor)
    {
        var handle = new SafeSocketHandle((nint)descriptor, ownsHandle: true);
        try
        {
            return new Socket(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private long Take(short token)
    {
        CheckCompleted(token);
        long result = Result;
        CallManner manner = _manner;
        ResultKind kind = _row.Result;
        Recycle();
        return manner != CallManner.Import ? result : AsImport(kind == ResultKind.ErrorNumber ? -result : result);
    }

    /// <summary>A kernel's answer as libc gives it: −1, and the error number where <see cref="Marshal.GetLastPInvokeError"/> finds it.</summary>
    public static long AsImport(long result)
    {
        Marshal.SetLastPInvokeError(result < 0 ? (int)-result : 0);
        return result < 0 ? -1 : result;
    }

    /// <summary>An import's result with the error number that <see cref="AsImport"/> has just set on this thread: 0 after a success.</summary>
    public static AsyncCallResult<T> WithErrno<T>(T value) => new(value, Marshal.GetLastPInvokeError());
}
