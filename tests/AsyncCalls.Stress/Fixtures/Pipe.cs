using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Stress.Fixtures;

/// <summary>A pipe of the kernel, for messages of eight bytes: a serial number that is never sent twice.</summary>
internal sealed class Pipe : IDisposable
{
    public const int MessageBytes = sizeof(long);

    private static long _lastSerial;

    public Pipe()
    {
        Span<int> ends = stackalloc int[2];
        if (Libc.pipe2(ends, Libc.CloseOnExec) != 0)
        {
            throw new IOException($"pipe2: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        Reader = new SafeFileHandle(ends[0], ownsHandle: true);
        Writer = new SafeFileHandle(ends[1], ownsHandle: true);
    }

    public SafeFileHandle Reader { get; }

    public SafeFileHandle Writer { get; }

    public static long NextSerial() => Interlocked.Increment(ref _lastSerial);

    public static long SerialIn(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadInt64LittleEndian(message);

    /// <summary>Sends a number. False: nobody can read it any more.</summary>
    public bool Send(long serial)
    {
        Span<byte> message = stackalloc byte[MessageBytes];
        BinaryPrimitives.WriteInt64LittleEndian(message, serial);
        return Libc.Write(Writer, message);
    }

    /// <summary>Takes what is in the pipe, without waiting: the number, or null for none, −1 for anything else than one message.</summary>
    public long? Take()
    {
        if (!Libc.IsReadable(Reader))
        {
            return null;
        }

        Span<byte> found = stackalloc byte[2 * MessageBytes];
        return Libc.read(Reader, found, (nuint)found.Length) == MessageBytes ? SerialIn(found) : -1;
    }

    public void Dispose()
    {
        Reader.Dispose();
        Writer.Dispose();
    }
}
