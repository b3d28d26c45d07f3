namespace AsyncCalls.Generator.Parsing;

/// <summary>What a parameter of a libc function is.</summary>
internal enum LibcParameter
{
    Descriptor,
    InBuffer,
    OutBuffer,
    Count,
    Offset,
    Path,
    Flags,
    Mode,
}

/// <summary>How the result of a libc function is declared.</summary>
internal enum LibcResult
{
    /// <summary><c>int</c>.</summary>
    Status,

    /// <summary><c>ssize_t</c>: <c>nint</c>, <c>long</c>, or the <c>int</c> that many declare.</summary>
    Size,

    /// <summary><c>int</c>, or a SafeFileHandle that wraps it.</summary>
    Descriptor,
}

/// <summary>A libc function with a native path.</summary>
internal sealed class LibcFunction
{
    public LibcFunction(string target, CallOperation operation, LibcResult result, params LibcParameter[] parameters)
    {
        Target = target;
        Operation = operation;
        Result = result;
        Parameters = parameters;
    }

    /// <summary>The method of <c>LibcCalls</c>.</summary>
    public string Target { get; }

    public CallOperation Operation { get; }

    public LibcResult Result { get; }

    public IReadOnlyList<LibcParameter> Parameters { get; }
}

/// <summary>What the generator knows of libc.</summary>
internal static class LibcTable
{
    private static readonly LibcFunction Read =
        new("Read", CallOperation.Read, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.OutBuffer, LibcParameter.Count);

    private static readonly LibcFunction PRead =
        new(
            "PRead",
            CallOperation.ReadAt,
            LibcResult.Size,
            LibcParameter.Descriptor,
            LibcParameter.OutBuffer,
            LibcParameter.Count,
            LibcParameter.Offset);

    private static readonly LibcFunction Write =
        new("Write", CallOperation.Write, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.InBuffer, LibcParameter.Count);

    private static readonly LibcFunction PWrite =
        new(
            "PWrite",
            CallOperation.WriteAt,
            LibcResult.Size,
            LibcParameter.Descriptor,
            LibcParameter.InBuffer,
            LibcParameter.Count,
            LibcParameter.Offset);

    private static readonly LibcFunction FSync = new("FSync", CallOperation.Sync, LibcResult.Status, LibcParameter.Descriptor);

    private static readonly LibcFunction FDataSync = new("FDataSync", CallOperation.DataSync, LibcResult.Status, LibcParameter.Descriptor);

    private static readonly LibcFunction FTruncate =
        new("FTruncate", CallOperation.Truncate, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Offset);

    private static readonly LibcFunction FAllocate =
        new(
            "FAllocate",
            CallOperation.Allocate,
            LibcResult.Status,
            LibcParameter.Descriptor,
            LibcParameter.Flags,
            LibcParameter.Offset,
            LibcParameter.Offset);

    private static readonly LibcFunction Open =
        new("Open", CallOperation.OpenAt, LibcResult.Descriptor, LibcParameter.Path, LibcParameter.Flags, LibcParameter.Mode);

    private static readonly LibcFunction OpenAt =
        new("OpenAt", CallOperation.OpenAt, LibcResult.Descriptor, LibcParameter.Descriptor, LibcParameter.Path, LibcParameter.Flags, LibcParameter.Mode);

    private static readonly LibcFunction Close = new("Close", CallOperation.Close, LibcResult.Status, LibcParameter.Descriptor);

    private static readonly HashSet<string> Libraries = ["libc", "libc.so.6", "c"];

    private static readonly Dictionary<string, LibcFunction> Native = new()
    {
        ["read"] = Read,
        ["pread"] = PRead,
        ["pread64"] = PRead,
        ["write"] = Write,
        ["pwrite"] = PWrite,
        ["pwrite64"] = PWrite,
        ["fsync"] = FSync,
        ["fdatasync"] = FDataSync,
        ["ftruncate"] = FTruncate,
        ["ftruncate64"] = FTruncate,
        ["fallocate"] = FAllocate,
        ["fallocate64"] = FAllocate,
        ["open"] = Open,
        ["open64"] = Open,
        ["openat"] = OpenAt,
        ["openat64"] = OpenAt,
        ["close"] = Close,
    };

    /// <summary>
    /// Functions that are one system call which returns EINTR, or a short count, when a signal interrupts it, and which glibc
    /// and musl wrap without a loop or a lock of their own. Left out on purpose: variadic functions (<c>fcntl</c>,
    /// <c>ioctl</c>), <c>connect</c> (goes on in the background), <c>close</c>, <c>nanosleep</c> (the caller needs the
    /// remaining time, which arrives through a pointer), and all that is more than a system call (<c>sem_wait</c>,
    /// <c>getaddrinfo</c>, <c>lockf</c>, stdio).
    /// </summary>
    private static readonly HashSet<string> Interruptible =
    [
        "accept", "accept4", "copy_file_range", "epoll_pwait", "epoll_wait", "flock", "getrandom", "mq_receive", "mq_send", "msgrcv",
        "msgsnd", "poll", "ppoll", "preadv", "pwritev", "readv", "recv", "recvfrom", "recvmsg", "select", "semop", "send", "sendfile",
        "sendmsg", "sendto", "splice", "sync_file_range", "syncfs", "tee", "vmsplice", "wait4", "waitpid", "writev",

        // Known to the kernel natively as well, but declared in a way that only the import itself can serve.
        "fallocate", "fallocate64", "fdatasync", "fsync", "open", "open64", "openat", "openat64", "pread", "pread64", "pwrite",
        "pwrite64", "read", "write",
    ];

    /// <summary>Worker functions whose first parameter is a descriptor.</summary>
    private static readonly HashSet<string> DescriptorFirst =
    [
        "accept", "accept4", "bind", "connect", "copy_file_range", "epoll_pwait", "epoll_wait", "fchmod", "fchown", "fcntl", "flock",
        "ioctl", "listen", "lockf", "lseek", "preadv", "pwritev", "readv", "recv", "recvfrom", "recvmsg", "send", "sendfile", "sendmsg", "sendto",
        "splice", "sync_file_range", "syncfs", "tee", "vmsplice", "writev",
    ];

    public static bool IsLibc(string library) => Libraries.Contains(library);

    public static LibcFunction? Find(string function) => Native.TryGetValue(function, out LibcFunction? found) ? found : null;

    public static bool IsInterruptible(string function) => Interruptible.Contains(function);

    /// <summary>Whether the first parameter of the function is a descriptor.</summary>
    public static bool StartsWithDescriptor(string function)
        => Find(function) is { } native ? native.Parameters[0] == LibcParameter.Descriptor : DescriptorFirst.Contains(function);
}
