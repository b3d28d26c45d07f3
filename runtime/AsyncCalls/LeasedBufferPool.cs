using AsyncCalls.Contexts;
using AsyncCalls.Contexts.Streams;

namespace AsyncCalls;

/// <summary>
/// Buffers that streams of received data share (<see cref="AsyncCallRuntime.ReceiveAllAsync"/>, <see cref="AsyncCallRuntime.ReadAllAsync"/>). Where the kernel can
/// (<c>IORING_REGISTER_PBUF_RING</c>), it chooses one when data is there, so that a thousand idle connections need no buffer at all.
/// </summary>
/// <remarks>
/// <para>The number of buffers is the bound: when all are leased, streams stop, and go on when one is given back. Nothing is lost meanwhile, the data waits in the kernel. A pool whose
/// <see cref="Leased"/> stays at <see cref="Count"/> has buffers that somebody forgot to dispose.</para>
/// <para>Streams of single calls (no io_uring, an older kernel, a file) use buffers apart from these, as many and as large, made when the first one needs them.</para>
/// <para>Any thread. A disposed pool takes no new streams and ends with the last that uses it; leases that are out stay valid.</para>
/// </remarks>
public sealed class LeasedBufferPool : IDisposable
{
    /// <summary>The most entries of a ring of buffers, and of numbers that a completion can tell.</summary>
    private const int CountMax = 32_768;

    private readonly Lock _gate = new();
    private ProcessBuffers? _single;
    private int _users = 1;
    private bool _disposed;

    internal LeasedBufferPool(CallEngine engine, int count, int bufferBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, CountMax);
        ArgumentOutOfRangeException.ThrowIfLessThan(bufferBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)bufferBytes * count, Array.MaxLength, nameof(bufferBytes));
        Engine = engine;
        Count = count;
        BufferBytes = bufferBytes;
        Provided = engine.MultishotBackend is { } backend ? ProvidedBuffers.TryCreate(backend, count, bufferBytes) : null;
    }

    /// <summary>How many buffers there are.</summary>
    public int Count { get; }

    /// <summary>How large each is.</summary>
    public int BufferBytes { get; }

    /// <summary>How many are leased at this moment: with consumers, or received and not yet taken.</summary>
    public int Leased => (Provided?.Leased ?? 0) + (Volatile.Read(ref _single)?.Leased ?? 0);

    internal CallEngine Engine { get; }

    /// <summary>The buffers that the kernel chooses from; null: it does not.</summary>
    internal ProvidedBuffers? Provided { get; }

    /// <summary>The buffers of single calls.</summary>
    internal ProcessBuffers Single
    {
        get
        {
            lock (_gate)
            {
                return _single ??= new ProcessBuffers(Count, BufferBytes);
            }
        }
    }

    /// <summary>Takes no new streams, and ends with the last that uses it. Once; later calls do nothing.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        Release();
    }

    /// <summary>Counts a stream.</summary>
    /// <exception cref="ObjectDisposedException">The pool was disposed.</exception>
    internal void AddUser()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _users++;
        }
    }

    /// <summary>Counts it no more: none of its calls is in flight.</summary>
    internal void Release()
    {
        lock (_gate)
        {
            if (--_users > 0)
            {
                return;
            }
        }

        Provided?.Unregister();
    }
}
