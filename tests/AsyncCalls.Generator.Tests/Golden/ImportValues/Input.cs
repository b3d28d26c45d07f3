namespace Demo;

internal enum Status
{
    Failed = -1,
    Done = 0,
}

internal enum Whence
{
    Start,
    Current,
    End,
}

internal struct Moment
{
    public long Seconds;
    public long Nanoseconds;
}

internal static partial class Native
{
    [AsyncCall, LibraryImport("libc", SetLastError = true)]
    internal static partial Status flock(SafeFileHandle fd, Whence operation);

    [AsyncCall, LibraryImport("libc", SetLastError = true)]
    internal static partial nint lseek(SafeFileHandle fd, nint offset, Whence whence);

    [AsyncCall, LibraryImport("other", SetLastError = true)]
    internal static partial Moment add(Moment moment, Moment other);

    [AsyncCall, LibraryImport("libc", SetLastError = true)]
    internal static partial int clock_gettime(int clock, out Moment now);

    [AsyncCall, LibraryImport("other", SetLastError = true)]
    internal static partial nuint size(ReadOnlySpan<Moment> moments, [MarshalAs(UnmanagedType.Bool)] bool all, nint context);
}
