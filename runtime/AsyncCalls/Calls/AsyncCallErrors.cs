namespace AsyncCalls;

/// <summary>How the twin of a <c>[LibraryImport]</c> or <c>[DllImport]</c> reports that the system call failed.</summary>
public enum AsyncCallErrors
{
    /// <summary>
    /// As the import does: the return value says so, and
    /// <see cref="System.Runtime.InteropServices.Marshal.GetLastPInvokeError"/> has the error number on the thread that resumes
    /// from the <c>await</c>, until the next import is called there.
    /// </summary>
    ReturnValue = 0,

    /// <summary>
    /// The twin throws the exception that the class library throws for that error number
    /// (<see cref="FileNotFoundException"/>, <see cref="UnauthorizedAccessException"/>, <see cref="IOException"/>, …).
    /// </summary>
    Exception = 1,

    /// <summary>The twin returns an <see cref="AsyncCallResult{T}"/>: what the import returned, and the error number.</summary>
    Result = 2,
}
