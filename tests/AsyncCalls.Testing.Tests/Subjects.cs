using System.Buffers;
using System.IO.Pipes;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Testing.Tests;

/// <summary>Annotated methods of every kind, on the runtime that they are given.</summary>
internal sealed partial class Files(AsyncCallRuntime calls)
{
    [AsyncCall]
    public int Read(SafeFileHandle file, Span<byte> buffer, long offset) => RandomAccess.Read(file, buffer, offset);

    [AsyncCall]
    public void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(file, bytes, offset);

    [AsyncCall]
    public int Work(int value, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return value;
    }
}

internal static partial class Libc
{
    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(SafeFileHandle fd, Span<byte> buf, nuint count);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pread(SafeFileHandle fd, Span<byte> buf, nuint count, long offset);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pwrite(SafeFileHandle fd, ReadOnlySpan<byte> buf, nuint count, long offset);
}

/// <summary>A file that is gone after the test.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public TemporaryFile(byte[]? content = null)
    {
        File.WriteAllBytes(_path, content ?? []);
        Handle = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite);
    }

    public SafeFileHandle Handle { get; }

    public byte[] Content => File.ReadAllBytes(_path);

    public void Dispose()
    {
        Handle.Dispose();
        File.Delete(_path);
    }

    /// <summary>Bytes that are wrong anywhere but where they belong.</summary>
    public static byte[] Pattern(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)((i * 31) ^ (i >> 8));
        }

        return bytes;
    }
}

/// <summary>A pipe; its ends are closed after the test.</summary>
internal sealed class TestPipe : IDisposable
{
    private readonly AnonymousPipeServerStream _reader = new(PipeDirection.In);
    private readonly AnonymousPipeClientStream _writer;

    public TestPipe()
    {
        _writer = new AnonymousPipeClientStream(PipeDirection.Out, _reader.ClientSafePipeHandle);
        Reader = new SafeFileHandle(_reader.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
    }

    /// <summary>The end that is read. Disposing it leaves the descriptor open.</summary>
    public SafeFileHandle Reader { get; }

    public void Write(params byte[] bytes) => _writer.Write(bytes);

    public void Dispose()
    {
        Reader.Dispose();
        _writer.Dispose();
        _reader.Dispose();
    }
}

/// <summary>Memory that counts its pins.</summary>
internal sealed class CountedMemory(int length) : MemoryManager<byte>
{
    private readonly byte[] _bytes = GC.AllocateArray<byte>(length, pinned: true);
    private int _pins;

    public int Pins => Volatile.Read(ref _pins);

    public override Span<byte> GetSpan() => _bytes;

    public override unsafe MemoryHandle Pin(int elementIndex = 0)
    {
        Interlocked.Increment(ref _pins);
        return new MemoryHandle((byte*)Marshal.UnsafeAddrOfPinnedArrayElement(_bytes, elementIndex), pinnable: this);
    }

    public override void Unpin() => Interlocked.Decrement(ref _pins);

    protected override void Dispose(bool disposing)
    {
    }
}
