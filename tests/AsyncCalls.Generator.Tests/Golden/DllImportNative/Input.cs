namespace Demo;

internal static partial class Libc
{
    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    internal static extern nint read(SafeHandle fd, byte[] buffer, nuint count);

    [AsyncCall]
    [DllImport("libc", EntryPoint = "pwrite64", SetLastError = true)]
    internal static extern long WriteAt(SafeFileHandle fd, byte[] buffer, nuint count, long offset);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    internal static extern int fallocate(SafeFileHandle fd, int mode, long offset, nint length);

    [AsyncCall]
    [DllImport("libc", SetLastError = true)]
    internal static extern int open64(string path, int flags, int mode);
}
