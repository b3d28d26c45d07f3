using System.Runtime.InteropServices;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Contexts.Streams;

/// <summary>Data, in buffers of a pool: chosen by the kernel as data comes, or taken for each call.</summary>
internal sealed unsafe class BufferStream : CompletionStream<LeasedBuffer>
{
    private readonly LeasedBufferPool _pool;
    private readonly int _flags;

    /// <summary>The buffer of the single call in flight.</summary>
    private LeasedBuffer _taken;
    private bool _hasTaken;

    public BufferStream(
        AsyncCallRuntime runtime, SafeHandle handle, CallOperation operation, string method, LeasedBufferPool pool, int flags, CancellationToken token, CancellationToken secondToken)
        : base(runtime, handle, operation, method, token, secondToken)
    {
        _pool = pool;
        _flags = flags;
        bool native = runtime.Engine.MultishotBackend is { } backend
            && pool.Provided is not null
            && (operation != CallOperation.Read || backend.Supports(IoUringConstants.OpReadMultishot));
        IsSingle = !native;
    }

    protected override bool TryDescribe(IoCall call)
    {
        call.Set(IocbSlot.Offset, -1);
        call.Set(IocbSlot.Flags, _flags);
        if (!IsSingle)
        {
            call.MakeMultishot();
            call.SelectBuffers(_pool.Provided!.Group);
            return true;
        }

        if (!_pool.Single.TryTake(out _taken))
        {
            return false;
        }

        _hasTaken = true;
        call.Set(IocbSlot.Buffer, (long)_taken.Address);
        call.Set(IocbSlot.Length, _pool.BufferBytes);
        return true;
    }

    protected override bool TryMake(long result, uint flags, out LeasedBuffer item)
    {
        item = default;
        if (result == 0)
        {
            return false;
        }

        // MSG_TRUNC gives the length of the datagram (recv(2)), which may be more than the buffer has of it.
        int length = (int)Math.Min(result, _pool.BufferBytes);
        item = _hasTaken ? _taken.WithLength(length) : Provided(flags, length);
        _hasTaken = false;
        return true;
    }

    protected override void GiveBack(uint flags)
    {
        if (_hasTaken)
        {
            _hasTaken = false;
            _taken.Dispose();
        }
        else if ((flags & IoUringConstants.CompletionBuffer) != 0)
        {
            Provided(flags, 0).Dispose();
        }
    }

    protected override bool TryWaitForBuffer() => Waited.TryWait(this);

    protected override void StopWaitingForBuffer() => Waited.Forget(this);

    protected override void Begin() => _pool.AddUser();

    protected override void End() => _pool.Release();

    protected override void Discard(LeasedBuffer item) => item.Dispose();

    private BufferSlab Waited => IsSingle ? _pool.Single : _pool.Provided!;

    private LeasedBuffer Provided(uint flags, int length) => _pool.Provided!.Lease((int)(flags >> IoUringConstants.CompletionBufferShift), length);
}
