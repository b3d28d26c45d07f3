namespace AsyncCalls.Calls;

/// <summary>
/// What a call does. The numbers are part of the ring's binary interface (the <c>operation</c> field of an event): never
/// renumber one.
/// </summary>
internal enum Operation : byte
{
    Nop = 0,
    Read = 1,
    ReadAt = 2,
    Write = 3,
    WriteAt = 4,
    Sync = 5,
    DataSync = 6,
    Truncate = 7,
    Allocate = 8,
    OpenAt = 9,
    Close = 10,

    /// <summary>An annotated method with a body of its own.</summary>
    Body = 11,

    /// <summary>An annotated import that has no native path.</summary>
    Import = 12,

    /// <summary>A system call by its number.</summary>
    Syscall = 13,
}
