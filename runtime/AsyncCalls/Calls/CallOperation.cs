namespace AsyncCalls;

/// <summary>
/// What a call does. The numbers are part of the ring's binary interface (the <c>operation</c> field of an event): none is ever given another meaning.
/// </summary>
public enum CallOperation
{
    /// <summary>Nothing, through the whole asynchronous way.</summary>
    Nop = 0,

    /// <summary>read(2): at the file's own position, or of a stream.</summary>
    Read = 1,

    /// <summary>pread(2).</summary>
    ReadAt = 2,

    /// <summary>write(2): at the file's own position, or to a stream.</summary>
    Write = 3,

    /// <summary>pwrite(2).</summary>
    WriteAt = 4,

    /// <summary>fsync(2).</summary>
    Sync = 5,

    /// <summary>fdatasync(2).</summary>
    DataSync = 6,

    /// <summary>ftruncate(2).</summary>
    Truncate = 7,

    /// <summary>fallocate(2).</summary>
    Allocate = 8,

    /// <summary>openat(2).</summary>
    OpenAt = 9,

    /// <summary>close(2).</summary>
    Close = 10,

    /// <summary>An annotated method with a body of its own.</summary>
    Body = 11,

    /// <summary>An annotated import that has no native path.</summary>
    Import = 12,

    /// <summary>A system call by its number, syscall(2).</summary>
    Syscall = 13,

    /// <summary>readv(2): at the file's own position, or of a stream.</summary>
    ReadVectored = 14,

    /// <summary>preadv(2).</summary>
    ReadVectoredAt = 15,

    /// <summary>preadv2(2), with <c>RWF_*</c> flags.</summary>
    ReadVectoredWithFlags = 16,

    /// <summary>writev(2): at the file's own position, or to a stream.</summary>
    WriteVectored = 17,

    /// <summary>pwritev(2).</summary>
    WriteVectoredAt = 18,

    /// <summary>pwritev2(2), with <c>RWF_*</c> flags.</summary>
    WriteVectoredWithFlags = 19,

    /// <summary>sync_file_range(2).</summary>
    SyncRange = 20,

    /// <summary>posix_fadvise(2).</summary>
    AdviseFile = 21,

    /// <summary>madvise(2).</summary>
    AdviseMemory = 22,

    /// <summary>openat2(2).</summary>
    OpenAt2 = 23,

    /// <summary>statx(2).</summary>
    StatX = 24,

    /// <summary>renameat2(2).</summary>
    RenameAt = 25,

    /// <summary>unlinkat(2).</summary>
    UnlinkAt = 26,

    /// <summary>mkdirat(2).</summary>
    MkDirAt = 27,

    /// <summary>symlinkat(2).</summary>
    SymLinkAt = 28,

    /// <summary>linkat(2).</summary>
    LinkAt = 29,

    /// <summary>fgetxattr(2).</summary>
    GetAttributeOfFile = 30,

    /// <summary>getxattr(2).</summary>
    GetAttribute = 31,

    /// <summary>fsetxattr(2).</summary>
    SetAttributeOfFile = 32,

    /// <summary>setxattr(2).</summary>
    SetAttribute = 33,

    /// <summary>splice(2).</summary>
    Splice = 34,

    /// <summary>tee(2).</summary>
    Tee = 35,

    /// <summary>pipe2(2).</summary>
    Pipe = 36,

    /// <summary>poll(2) of one descriptor, without a time limit of its own.</summary>
    Poll = 37,

    /// <summary>epoll_ctl(2).</summary>
    EpollControl = 38,

    /// <summary>epoll_wait(2).</summary>
    EpollWait = 39,

    /// <summary>clock_nanosleep(2) until a moment of <c>CLOCK_MONOTONIC</c>.</summary>
    Sleep = 40,

    /// <summary>socket(2).</summary>
    Socket = 41,

    /// <summary>bind(2).</summary>
    Bind = 42,

    /// <summary>listen(2).</summary>
    Listen = 43,

    /// <summary>accept4(2).</summary>
    Accept = 44,

    /// <summary>connect(2).</summary>
    Connect = 45,

    /// <summary>shutdown(2).</summary>
    Shutdown = 46,

    /// <summary>send(2).</summary>
    Send = 47,

    /// <summary>sendto(2).</summary>
    SendTo = 48,

    /// <summary>recv(2).</summary>
    Receive = 49,

    /// <summary>recvfrom(2).</summary>
    ReceiveFrom = 50,

    /// <summary>sendmsg(2).</summary>
    SendMessage = 51,

    /// <summary>recvmsg(2).</summary>
    ReceiveMessage = 52,

    /// <summary>waitid(2).</summary>
    WaitId = 53,

    /// <summary>futex_wait(2), of the second version of futexes.</summary>
    FutexWait = 54,

    /// <summary>futex_wake(2), of the second version of futexes.</summary>
    FutexWake = 55,

    /// <summary>send(2) of memory that the network reads itself, where it can; complete when it has let go of it.</summary>
    SendZeroCopy = 56,
}
