using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Calls;

/// <summary>
/// The result in the type that the twin promises. The twin of an import sets the last P/Invoke error on the thread that takes the
/// result: errno itself does not survive an await.
/// </summary>
internal sealed unsafe partial class IoCall :
    IValueTaskSource, IValueTaskSource<int>, IValueTaskSource<long>, IValueTaskSource<nint>, IValueTaskSource<SafeFileHandle>
{
    void IValueTaskSource.GetResult(short token) => Take(token);

    int IValueTaskSource<int>.GetResult(short token) => (int)Take(token);

    long IValueTaskSource<long>.GetResult(short token) => Take(token);

    nint IValueTaskSource<nint>.GetResult(short token) => (nint)Take(token);

    SafeFileHandle IValueTaskSource<SafeFileHandle>.GetResult(short token) => new((nint)Take(token), ownsHandle: true);

    private long Take(short token)
    {
        CheckCompleted(token);
        long result = Result;
        CallManner manner = _manner;
        Recycle();
        return manner == CallManner.ClassLibrary ? result : AsImport(result);
    }

    /// <summary>A kernel's answer as libc gives it: −1, and the error number where <see cref="Marshal.GetLastPInvokeError"/> finds it.</summary>
    public static long AsImport(long result)
    {
        Marshal.SetLastPInvokeError(result < 0 ? (int)-result : 0);
        return result < 0 ? -1 : result;
    }
}
