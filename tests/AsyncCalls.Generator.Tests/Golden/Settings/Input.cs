namespace Demo;

public sealed partial class Store(AsyncCallRuntime calls)
{
    [AsyncCall(TimeoutMs = 500)]
    public int Read(SafeFileHandle file, Span<byte> block, long offset) => RandomAccess.Read(file, block, offset);

    [AsyncCall(RequiredBackends = AsyncCallBackends.IoUring)]
    public int ReadNatively(SafeFileHandle file, Span<byte> block, long offset) => RandomAccess.Read(file, block, offset);

    [AsyncCall(TakesOptions = true)]
    public FileInfo[] List(string folder, int options = 1, CancellationToken cancellationToken = default) => new DirectoryInfo(folder).GetFiles();

    [AsyncCall(TakesOptions = true, TimeoutMs = 1_000)]
    public static int Count(string folder, string pattern = "*") => Directory.GetFiles(folder, pattern).Length;

    [AsyncCall(TakesOptions = true)]
    public static int Depth(string folder, AsyncCallRuntime on) => folder.Length;
}

internal static partial class Libc
{
    [AsyncCall(RequiredBackends = AsyncCallBackends.IoUring, TimeoutMs = 250), LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(SafeFileHandle fd, Span<byte> buf, nuint count);
}
