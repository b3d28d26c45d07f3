using System.Buffers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls;

/// <summary>
/// A handle that control blocks of one context can name. It keeps the descriptor from being closed, and so from being reused, as long as
/// the lease is not disposed or a call of it is in flight. A handle that was disposed takes no new calls (<see cref="ObjectDisposedException"/>), and its calls that may wait for ever are
/// cancelled, leased or not.
/// </summary>
/// <remarks>
/// The lease of a socket holds nothing by itself, only its calls in flight do: <see cref="System.Net.Sockets.Socket"/> waits in Dispose until nobody uses its handle, and would wait for the lease.
/// Once the socket is disposed the lease names nothing.
/// </remarks>
public sealed class HandleLease : IDisposable
{
    private readonly bool _holds;
    private Action<ulong>? _forget;

    internal HandleLease(ulong id, SafeHandle handle, Action<ulong> forget, Func<int, Registration?>? register = null)
    {
        HandleState.AddReference(handle);
        Id = id;
        Handle = handle;
        _forget = forget;
        _holds = handle is not SafeSocketHandle;
        if (!_holds)
        {
            handle.DangerousRelease();
        }
        else
        {
            Registration = register?.Invoke((int)handle.DangerousGetHandle());
        }
    }

    /// <summary>The name of the lease in control blocks of its context. Never given twice.</summary>
    public ulong Id { get; }

    /// <summary>Whether the file is registered with io_uring (<see cref="AsyncCallContext.LeaseRegistered"/>).</summary>
    public bool IsRegistered => Registration is not null;

    internal SafeHandle Handle { get; }

    internal Registration? Registration { get; }

    /// <summary>Ends the lease: it can be named in no new call. Calls in flight keep the descriptor themselves. Once; later calls do nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _forget, null) is { } forget)
        {
            forget(Id);
            Registration?.Release();
            if (_holds)
            {
                Handle.DangerousRelease();
            }
        }
    }
}

/// <summary>
/// Pinned memory that control blocks of one context can name. It stays where it is as long as the lease is not disposed or a call of it is in flight.
/// </summary>
public sealed unsafe class BufferLease : IDisposable
{
    private readonly bool _pinIsForeign;
    private readonly MemoryHandle[] _parts = [];
    private MemoryHandle _pin;
    private Action<ulong>? _forget;

    /// <summary>The lease itself and each call in flight hold one.</summary>
    private UseCount _uses = UseCount.One;

    internal BufferLease(ulong id, Memory<byte> memory, Action<ulong> forget, BufferRegistrar? register = null)
    {
        _pin = memory.Pin();
        _pinIsForeign = !MemoryMarshal.TryGetArray<byte>(memory, out _);
        Id = id;
        Length = memory.Length;
        _forget = forget;
        Registration = memory.IsEmpty ? null : register?.Invoke((byte*)_pin.Pointer, memory.Length);
    }

    /// <summary>Several buffers, which stay where they are, and an array of <c>struct iovec</c> that describes them, which is the memory of the lease.</summary>
    internal BufferLease(ulong id, IReadOnlyList<Memory<byte>> buffers, Action<ulong> forget)
        : this(buffers)
    {
        Id = id;
        _forget = forget;
    }

    /// <summary>The same without a name, for one call, whose use is the only one.</summary>
    internal BufferLease(IReadOnlyList<Memory<byte>> buffers)
    {
        IsVectors = true;
        _parts = new MemoryHandle[buffers.Count];
        var vectors = new Syscalls.IoVector[buffers.Count];
        try
        {
            for (int i = 0; i < buffers.Count; i++)
            {
                _parts[i] = buffers[i].Pin();
                _pinIsForeign |= !MemoryMarshal.TryGetArray<byte>(buffers[i], out _);
                vectors[i] = new Syscalls.IoVector { Base = (byte*)_parts[i].Pointer, Length = (nuint)buffers[i].Length };
            }
        }
        catch
        {
            Unpin();
            throw;
        }

        byte[] array = MemoryMarshal.AsBytes<Syscalls.IoVector>(vectors).ToArray();
        Length = array.Length;
        _pin = new Memory<byte>(array).Pin();
    }

    /// <summary>The name of the lease in control blocks of its context. Never given twice.</summary>
    public ulong Id { get; }

    /// <summary>Bytes of the memory.</summary>
    public int Length { get; }

    /// <summary>Whether the memory is registered with io_uring (<see cref="AsyncCallContext.PinRegistered"/>).</summary>
    public bool IsRegistered => Registration is not null;

    /// <summary>Its place among io_uring's, for as long as the memory is pinned.</summary>
    internal Registration? Registration { get; }

    /// <summary>Whether the lease is of a list of buffers, which no call but a vectored one may name.</summary>
    internal bool IsVectors { get; }

    internal byte* Address => (byte*)_pin.Pointer;

    /// <summary>Ends the lease: it can be named in no new call. The memory stays pinned until calls in flight have completed. Once; later calls do nothing.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _forget, null) is { } forget)
        {
            forget(Id);
            Release();
        }
    }

    /// <summary>Copies a range of the memory, given by its address; null: the lease has ended, or the range is not of it.</summary>
    internal byte[]? Copy(ulong address, long length)
    {
        if (!TryUse())
        {
            return null;
        }

        try
        {
            long start = (long)(address - (ulong)Address);
            return start >= 0 && length >= 0 && start + length <= Length ? new ReadOnlySpan<byte>(Address + start, (int)length).ToArray() : null;
        }
        finally
        {
            Release();
        }
    }

    /// <summary>Takes a use for a call. False: the lease has ended and its memory is free.</summary>
    internal bool TryUse() => _uses.TryTake();

    internal void Release()
    {
        if (_uses.Release())
        {
            if (_pinIsForeign && CleanThread.IsRuntimeThread)
            {
                // The lease ended while its last call was in flight. A memory manager's code must not run on the thread that completes calls.
                _ = ThreadPool.UnsafeQueueUserWorkItem(static lease => lease.Unpin(), this, preferLocal: false);
            }
            else
            {
                Unpin();
            }
        }
    }

    private void Unpin()
    {
        // Requests in flight there are none: each call in flight has a use of the lease.
        Registration?.Release();
        _pin.Dispose();
        foreach (MemoryHandle part in _parts)
        {
            part.Dispose();
        }
    }
}

/// <summary>Registers pinned memory with a backend; null: it does not take it.</summary>
internal unsafe delegate Registration? BufferRegistrar(byte* address, long length);

/// <summary>
/// A place of its own for the completion of one call at a time, beside the ring or instead of it. 16 bytes of pinned memory: the result, then the cookie, which is
/// written last; a cookie that is not zero says that the result is there.
/// </summary>
public sealed unsafe class CompletionRecord : IDisposable
{
    private readonly long[] _memory = GC.AllocateArray<long>(2, pinned: true);
    private Action<ulong>? _forget;

    internal CompletionRecord(ulong id, Action<ulong> forget)
    {
        Id = id;
        _forget = forget;
    }

    /// <summary>The name of the record in control blocks of its context. Never given twice.</summary>
    public ulong Id { get; }

    /// <summary>Whether a completion has arrived since the record was made or reset.</summary>
    public bool IsCompleted => Cookie != 0;

    /// <summary>The cookie of the call that completed; 0 as long as none has.</summary>
    public ulong Cookie => (ulong)Volatile.Read(ref _memory[1]);

    /// <summary>The result of the call that completed: ≥ 0, or −errno. Meaningless before <see cref="IsCompleted"/>.</summary>
    public long Result => Volatile.Read(ref _memory[0]);

    /// <summary>Makes the record ready for another call. Not while one that names it is in flight.</summary>
    public void Reset() => Volatile.Write(ref _memory[1], 0);

    /// <summary>The record can be named in no new call. One in flight still writes to it.</summary>
    public void Dispose() => Interlocked.Exchange(ref _forget, null)?.Invoke(Id);

    internal void Complete(long result, ulong cookie)
    {
        _memory[0] = result;

        // Release: orders the result before the cookie that says that it is there.
        Volatile.Write(ref _memory[1], (long)cookie);
    }
}
