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

    /// <summary>A number of any integral type.</summary>
    Number,

    /// <summary>Memory that the kernel reads: a span or array of any unmanaged type.</summary>
    InMemory,

    /// <summary>Memory that the kernel writes.</summary>
    OutMemory,

    /// <summary>No parameter: the system call is told of the working directory.</summary>
    WorkingDirectory,

    /// <summary>No parameter: the system call gets a zero.</summary>
    NoNumber,
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

/// <summary>A libc function that the runtime knows.</summary>
internal sealed class LibcFunction
{
    public LibcFunction(CallOperation operation, LibcResult result, params LibcParameter[] parameters)
    {
        Operation = operation;
        Result = result;
        Parameters = parameters;
    }

    /// <summary>The method of <c>LibcCalls</c> that starts it; null: it is described argument by argument (<c>LibcCall</c>).</summary>
    public string? Target { get; init; }

    /// <summary>The method of <c>StreamCalls</c> that makes a stream of its calls; null: it has no multishot form.</summary>
    public string? Stream { get; init; }

    public CallOperation Operation { get; }

    public LibcResult Result { get; }

    /// <summary>The parameters of the function, and between them what the system call gets beside.</summary>
    public IReadOnlyList<LibcParameter> Parameters { get; }

    /// <summary>With how many parameters an import declares it.</summary>
    public int DeclaredCount => Parameters.Count(IsDeclared);

    public static bool IsDeclared(LibcParameter parameter) => parameter is not (LibcParameter.WorkingDirectory or LibcParameter.NoNumber);
}

/// <summary>What the generator knows of libc.</summary>
internal static class LibcTable
{
    private static readonly LibcFunction Read =
        new(CallOperation.Read, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.OutBuffer, LibcParameter.Count) { Target = "Read", Stream = "Read" };

    private static readonly LibcFunction PRead =
        new(CallOperation.ReadAt, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.OutBuffer, LibcParameter.Count, LibcParameter.Offset) { Target = "PRead" };

    private static readonly LibcFunction Write =
        new(CallOperation.Write, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.InBuffer, LibcParameter.Count) { Target = "Write" };

    private static readonly LibcFunction PWrite =
        new(CallOperation.WriteAt, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.InBuffer, LibcParameter.Count, LibcParameter.Offset) { Target = "PWrite" };

    private static readonly LibcFunction PReadV =
        new(CallOperation.ReadVectoredAt, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.InMemory, LibcParameter.Count, LibcParameter.Offset);

    private static readonly LibcFunction PReadV2 =
        new(CallOperation.ReadVectoredWithFlags, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.InMemory, LibcParameter.Count, LibcParameter.Offset, LibcParameter.Flags);

    private static readonly LibcFunction PWriteV =
        new(CallOperation.WriteVectoredAt, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.InMemory, LibcParameter.Count, LibcParameter.Offset);

    private static readonly LibcFunction PWriteV2 =
        new(CallOperation.WriteVectoredWithFlags, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.InMemory, LibcParameter.Count, LibcParameter.Offset, LibcParameter.Flags);

    private static readonly LibcFunction FTruncate = new(CallOperation.Truncate, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Offset);

    private static readonly LibcFunction FAllocate =
        new(CallOperation.Allocate, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Flags, LibcParameter.Offset, LibcParameter.Offset);

    private static readonly LibcFunction FAdvise =
        new(CallOperation.AdviseFile, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Offset, LibcParameter.Offset, LibcParameter.Flags);

    private static readonly LibcFunction Open =
        new(CallOperation.OpenAt, LibcResult.Descriptor, LibcParameter.WorkingDirectory, LibcParameter.Path, LibcParameter.Flags, LibcParameter.Mode);

    private static readonly LibcFunction OpenAt =
        new(CallOperation.OpenAt, LibcResult.Descriptor, LibcParameter.Descriptor, LibcParameter.Path, LibcParameter.Flags, LibcParameter.Mode);

    private static readonly HashSet<string> Libraries = ["libc", "libc.so.6", "c"];

    private static readonly Dictionary<string, LibcFunction> Native = new()
    {
        ["read"] = Read,
        ["pread"] = PRead,
        ["pread64"] = PRead,
        ["write"] = Write,
        ["pwrite"] = PWrite,
        ["pwrite64"] = PWrite,
        ["readv"] = new(CallOperation.ReadVectored, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.InMemory, LibcParameter.Count),
        ["preadv"] = PReadV,
        ["preadv64"] = PReadV,
        ["preadv2"] = PReadV2,
        ["preadv64v2"] = PReadV2,
        ["writev"] = new(CallOperation.WriteVectored, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.InMemory, LibcParameter.Count),
        ["pwritev"] = PWriteV,
        ["pwritev64"] = PWriteV,
        ["pwritev2"] = PWriteV2,
        ["pwritev64v2"] = PWriteV2,
        ["fsync"] = new(CallOperation.Sync, LibcResult.Status, LibcParameter.Descriptor),
        ["fdatasync"] = new(CallOperation.DataSync, LibcResult.Status, LibcParameter.Descriptor),
        ["sync_file_range"] = new(CallOperation.SyncRange, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Offset, LibcParameter.Offset, LibcParameter.Number),
        ["ftruncate"] = FTruncate,
        ["ftruncate64"] = FTruncate,
        ["fallocate"] = FAllocate,
        ["fallocate64"] = FAllocate,
        ["posix_fadvise"] = FAdvise,
        ["posix_fadvise64"] = FAdvise,
        ["madvise"] = new(CallOperation.AdviseMemory, LibcResult.Status, LibcParameter.OutMemory, LibcParameter.Count, LibcParameter.Flags),
        ["open"] = Open,
        ["open64"] = Open,
        ["openat"] = OpenAt,
        ["openat64"] = OpenAt,
        ["openat2"] = new(CallOperation.OpenAt2, LibcResult.Descriptor, LibcParameter.Descriptor, LibcParameter.Path, LibcParameter.InMemory, LibcParameter.Count),
        ["close"] = new(CallOperation.Close, LibcResult.Status, LibcParameter.Descriptor),
        ["statx"] = new(CallOperation.StatX, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Path, LibcParameter.Flags, LibcParameter.Number, LibcParameter.OutMemory),
        ["rename"] = new(CallOperation.RenameAt, LibcResult.Status, LibcParameter.WorkingDirectory, LibcParameter.Path, LibcParameter.WorkingDirectory, LibcParameter.Path, LibcParameter.NoNumber),
        ["renameat"] = new(CallOperation.RenameAt, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Path, LibcParameter.Descriptor, LibcParameter.Path, LibcParameter.NoNumber),
        ["renameat2"] = new(CallOperation.RenameAt, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Path, LibcParameter.Descriptor, LibcParameter.Path, LibcParameter.Number),
        ["unlink"] = new(CallOperation.UnlinkAt, LibcResult.Status, LibcParameter.WorkingDirectory, LibcParameter.Path, LibcParameter.NoNumber),
        ["unlinkat"] = new(CallOperation.UnlinkAt, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Path, LibcParameter.Flags),
        ["mkdir"] = new(CallOperation.MkDirAt, LibcResult.Status, LibcParameter.WorkingDirectory, LibcParameter.Path, LibcParameter.Number),
        ["mkdirat"] = new(CallOperation.MkDirAt, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Path, LibcParameter.Number),
        ["symlink"] = new(CallOperation.SymLinkAt, LibcResult.Status, LibcParameter.Path, LibcParameter.WorkingDirectory, LibcParameter.Path),
        ["symlinkat"] = new(CallOperation.SymLinkAt, LibcResult.Status, LibcParameter.Path, LibcParameter.Descriptor, LibcParameter.Path),
        ["linkat"] = new(CallOperation.LinkAt, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Path, LibcParameter.Descriptor, LibcParameter.Path, LibcParameter.Flags),
        ["fgetxattr"] = new(CallOperation.GetAttributeOfFile, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.Path, LibcParameter.OutMemory, LibcParameter.Count),
        ["getxattr"] = new(CallOperation.GetAttribute, LibcResult.Size, LibcParameter.Path, LibcParameter.Path, LibcParameter.OutMemory, LibcParameter.Count),
        ["fsetxattr"] = new(CallOperation.SetAttributeOfFile, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Path, LibcParameter.InMemory, LibcParameter.Count, LibcParameter.Flags),
        ["setxattr"] = new(CallOperation.SetAttribute, LibcResult.Status, LibcParameter.Path, LibcParameter.Path, LibcParameter.InMemory, LibcParameter.Count, LibcParameter.Flags),
        ["tee"] = new(CallOperation.Tee, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.Descriptor, LibcParameter.Count, LibcParameter.Number),
        ["pipe2"] = new(CallOperation.Pipe, LibcResult.Status, LibcParameter.OutMemory, LibcParameter.Flags),
        ["epoll_ctl"] = new(CallOperation.EpollControl, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Flags, LibcParameter.Descriptor, LibcParameter.InMemory),
        ["epoll_wait"] = new(CallOperation.EpollWait, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.OutMemory, LibcParameter.Flags, LibcParameter.Flags),
        ["waitid"] = new(CallOperation.WaitId, LibcResult.Status, LibcParameter.Number, LibcParameter.Number, LibcParameter.OutMemory, LibcParameter.Flags),
        ["socket"] = new(CallOperation.Socket, LibcResult.Descriptor, LibcParameter.Flags, LibcParameter.Flags, LibcParameter.Flags),
        ["bind"] = new(CallOperation.Bind, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.InMemory, LibcParameter.Count),
        ["listen"] = new(CallOperation.Listen, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Flags),
        ["accept"] = new(CallOperation.Accept, LibcResult.Descriptor, LibcParameter.Descriptor, LibcParameter.OutMemory, LibcParameter.OutMemory, LibcParameter.NoNumber) { Stream = "Accept" },
        ["accept4"] = new(CallOperation.Accept, LibcResult.Descriptor, LibcParameter.Descriptor, LibcParameter.OutMemory, LibcParameter.OutMemory, LibcParameter.Flags) { Stream = "Accept" },
        ["connect"] = new(CallOperation.Connect, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.InMemory, LibcParameter.Count),
        ["shutdown"] = new(CallOperation.Shutdown, LibcResult.Status, LibcParameter.Descriptor, LibcParameter.Flags),
        ["send"] = new(CallOperation.Send, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.InMemory, LibcParameter.Count, LibcParameter.Flags),
        ["sendto"] = new(CallOperation.SendTo, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.InMemory, LibcParameter.Count, LibcParameter.Flags, LibcParameter.InMemory, LibcParameter.Count),
        ["recv"] = new(CallOperation.Receive, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.OutMemory, LibcParameter.Count, LibcParameter.Flags) { Stream = "Receive" },
        ["recvfrom"] = new(CallOperation.ReceiveFrom, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.OutMemory, LibcParameter.Count, LibcParameter.Flags, LibcParameter.OutMemory, LibcParameter.OutMemory),
        ["sendmsg"] = new(CallOperation.SendMessage, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.InMemory, LibcParameter.Flags),
        ["recvmsg"] = new(CallOperation.ReceiveMessage, LibcResult.Size, LibcParameter.Descriptor, LibcParameter.OutMemory, LibcParameter.Flags),
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
