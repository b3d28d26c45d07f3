using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>Files and buffers that are registered with the ring, and the requests that name them by their places. A refusal costs nothing but the gain: the call names the descriptor or the address.</summary>
internal sealed unsafe partial class IoUringBackend
{
    private const int NoFile = -1;

    private readonly RegisteredTable _files = new(IoUringConstants.RegisterFileTable, IoUringConstants.UpdateFileTable);
    private readonly RegisteredTable _buffers = new(IoUringConstants.RegisterBufferTable, IoUringConstants.UpdateBufferTable);

    /// <summary>Registers an open file. Null: the kernel does not take it, or no more. Any thread.</summary>
    public Registration? RegisterFile(int fd) => Register(_files, &fd, UnregisterFile);

    /// <summary>Registers pinned memory, whose pages then stay the kernel's too. Null: the kernel does not take it (RLIMIT_MEMLOCK), or no more. Any thread.</summary>
    public Registration? RegisterBuffer(byte* address, long length)
    {
        var vector = new Syscalls.IoVector { Base = address, Length = (nuint)length };
        return Register(_buffers, &vector, UnregisterBuffer);
    }

    private void UnregisterFile(int place)
    {
        int none = NoFile;
        Unregister(_files, place, &none);
    }

    private void UnregisterBuffer(int place)
    {
        Syscalls.IoVector none = default;
        Unregister(_buffers, place, &none);
    }

    /// <summary>Lets go of all files and buffers, before the ring is closed. Under the lock of those who register.</summary>
    private void UnregisterAll()
    {
        int noFile = NoFile;
        _files.EmptyAll(_queues.Fd, &noFile);
        Syscalls.IoVector noBuffer = default;
        _buffers.EmptyAll(_queues.Fd, &noBuffer);
    }

    private Registration? Register(RegisteredTable table, void* data, Action<int> empty)
    {
        lock (_registering)
        {
            int place = _isClosed ? -Errno.EBADF : table.Fill(_queues.Fd, data);
            return place < 0 ? null : new Registration(place, empty);
        }
    }

    private void Unregister(RegisteredTable table, int place, void* nothing)
    {
        lock (_registering)
        {
            if (!_isClosed)
            {
                table.Empty(_queues.Fd, place, nothing);
            }
        }
    }

    /// <summary>Has a request name what is registered by its place.</summary>
    private void NameRegistered(IoCall call, IoUringSqe* sqe)
    {
        if (call.RegisteredFile is { } file && TakesRegisteredFile(sqe->Opcode))
        {
            sqe->Fd = file.Index;
            sqe->Flags |= IoUringConstants.SqeFixedFile;
        }

        if (call.RegisteredBuffer is not { } buffer)
        {
            return;
        }

        switch (sqe->Opcode)
        {
            case IoUringConstants.OpRead when _operations.Has(IoUringConstants.OpReadFixed):
                sqe->Opcode = IoUringConstants.OpReadFixed;
                sqe->BufferGroup = (ushort)buffer.Index;
                break;
            case IoUringConstants.OpWrite when _operations.Has(IoUringConstants.OpWriteFixed):
                sqe->Opcode = IoUringConstants.OpWriteFixed;
                sqe->BufferGroup = (ushort)buffer.Index;
                break;
            case IoUringConstants.OpSendZeroCopy:
                sqe->IoPriority |= IoUringConstants.SendFixedBuffer;
                sqe->BufferGroup = (ushort)buffer.Index;
                break;
        }
    }

    private static bool TakesRegisteredFile(byte opcode) => opcode is
        IoUringConstants.OpRead or IoUringConstants.OpWrite or IoUringConstants.OpReadV or IoUringConstants.OpWriteV or IoUringConstants.OpFSync or IoUringConstants.OpPollAdd;
}
