using AsyncCalls;
using Microsoft.Win32.SafeHandles;

namespace SharedRing;

/// <summary>
/// One of the calls in flight: its buffer, its record and the file that it is at. The ring belongs to the other process; what this one needs to know of a
/// completion, it learns from the record.
/// </summary>
internal sealed class FileSlot(AsyncCallContext context, int bufferBytes) : IDisposable
{
    private readonly BufferLease _buffer = context.Pin(new byte[bufferBytes]);
    private readonly CompletionRecord _record = context.CreateRecord();
    private SafeFileHandle? _file;
    private HandleLease? _lease;
    private ulong _cookie;
    private long _length;
    private long _offset;

    public bool IsFree => _file is null;

    public string Path { get; private set; } = "";

    /// <summary>Whether a submitted read has completed.</summary>
    public bool IsCompleted => _record.IsCompleted;

    /// <summary>The call in flight.</summary>
    public CallId Id { get; set; }

    /// <summary>Takes a file on. Its number comes back with each completion.</summary>
    public void Open(string path, ulong number)
    {
        Path = path;
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        _lease = context.Lease(_file);
        _cookie = number;
        _length = RandomAccess.GetLength(_file);
        _offset = 0;
    }

    /// <summary>The next read of the file, to the ring and to the record.</summary>
    public Iocb NextRead()
    {
        _record.Reset();
        int count = (int)Math.Clamp(_length - _offset, 1, _buffer.Length);
        Iocb read = Iocb.Read(_lease!, _buffer, count, _offset);
        read.Cookie = _cookie;
        read.Record = _record.Id;
        return read;
    }

    /// <summary>Takes the result of the read: bytes, or −errno. Afterwards the slot is free, or has another read to submit.</summary>
    public long Take()
    {
        long result = _record.Result;
        _offset += Math.Max(0, result);
        if (result <= 0 || _offset >= _length)
        {
            Close();
        }

        return result;
    }

    public void Dispose()
    {
        Close();
        _record.Dispose();
        _buffer.Dispose();
    }

    private void Close()
    {
        // The lease first: it holds the descriptor open. A call in flight holds it too.
        _lease?.Dispose();
        _lease = null;
        _file?.Dispose();
        _file = null;
    }
}
