using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests.Subjects;

/// <summary>Bodies that are one call of the class library, in an instance with the runtime of its primary constructor.</summary>
internal sealed partial class OpenFile(AsyncCallRuntime calls, SafeFileHandle file)
{
    [AsyncCall]
    public int Read(Span<byte> buffer, long offset) => RandomAccess.Read(file, buffer, offset);

    [AsyncCall]
    public void Write(ReadOnlySpan<byte> buffer, long offset) => RandomAccess.Write(file, buffer, offset);

    [AsyncCall]
    public void Flush() => RandomAccess.FlushToDisk(file);
}

/// <summary>The same in static methods.</summary>
internal static partial class Files
{
    [AsyncCall]
    public static int Read(long offset, Span<byte> buffer, SafeFileHandle file)
    {
        return RandomAccess.Read(file, buffer, offset);
    }

    [AsyncCall]
    public static void Write(long offset, byte[] buffer, SafeFileHandle file)
    {
        RandomAccess.Write(file, buffer, offset);
    }

    [AsyncCall]
    public static long ReadParts(SafeFileHandle file, IReadOnlyList<Memory<byte>> parts, long offset) => RandomAccess.Read(file, parts, offset);

    [AsyncCall]
    public static void WriteParts(SafeFileHandle file, IReadOnlyList<ReadOnlyMemory<byte>> parts, long offset) => RandomAccess.Write(file, parts, offset);

    [AsyncCall]
    public static void Flush(SafeFileHandle file)
    {
        RandomAccess.FlushToDisk(file);
    }

    [AsyncCall]
    public static SafeFileHandle Open(string path, FileMode mode, FileAccess access, FileShare share, FileOptions options, long size)
        => File.OpenHandle(path, mode, access, share, options, size);

    [AsyncCall]
    public static SafeFileHandle OpenByDefault(string path) => File.OpenHandle(path);
}

/// <summary>Bodies that are one sleep.</summary>
internal static partial class Pauses
{
    [AsyncCall]
    public static void Pause(int time) => Thread.Sleep(time);

    [AsyncCall]
    public static void Pause(TimeSpan time) => Thread.Sleep(time);
}

/// <summary>The same in a struct that cannot change.</summary>
internal readonly partial struct Block(AsyncCallRuntime calls, SafeFileHandle file, long start)
{
    private readonly long _start = start;

    [AsyncCall]
    public int Read(Memory<byte> buffer) => RandomAccess.Read(file, buffer.Span, _start);

    [AsyncCall]
    public long Sum(int count) => (_start * count) + file.GetHashCode() - file.GetHashCode();
}
