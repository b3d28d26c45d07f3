using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using AsyncCalls.Contexts.Streams;

namespace AsyncCalls;

/// <summary>
/// A buffer of a <see cref="LeasedBufferPool"/> with what was received. It belongs to whoever got it until it is disposed, which gives it back; a copy of this value is the same lease.
/// </summary>
/// <remarks>
/// Given back exactly once: disposing it again, or a copy of it, does nothing, also when the buffer is somebody else's by then. Any thread. The memory is not to be used afterwards; what was
/// taken out of <see cref="Memory"/> before cannot be called back.
/// </remarks>
[SuppressMessage("Performance", "CA1815:Override equals and operator equals on value types", Justification = "A lease is used and given back, not compared.")]
public readonly struct LeasedBuffer : IMemoryOwner<byte>
{
    private readonly BufferSlab? _slab;
    private readonly int _index;
    private readonly uint _lease;

    internal LeasedBuffer(BufferSlab slab, int index, uint lease, int length)
    {
        _slab = slab;
        _index = index;
        _lease = lease;
        Length = length;
    }

    /// <summary>How many bytes were received.</summary>
    public int Length { get; }

    /// <summary>What was received.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was given back.</exception>
    public Memory<byte> Memory
    {
        get
        {
            ObjectDisposedException.ThrowIf(_slab is null || !_slab.IsLeased(_index, _lease), typeof(LeasedBuffer));
            return _slab.MemoryOf(_index)[..Length];
        }
    }

    /// <summary>What was received.</summary>
    /// <exception cref="ObjectDisposedException">The buffer was given back.</exception>
    public ReadOnlySpan<byte> Span => Memory.Span;

    internal LeasedBuffer WithLength(int length) => new(_slab!, _index, _lease, length);

    internal unsafe byte* Address => _slab!.AddressOf(_index);

    /// <summary>Gives the buffer back. Once; later calls do nothing.</summary>
    public void Dispose() => _slab?.Return(_index, _lease);
}
