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
}
