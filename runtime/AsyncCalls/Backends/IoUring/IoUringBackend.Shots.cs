using System.Diagnostics;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>
/// Multishot requests, and the groups of buffers that they fill. A completion with <c>IORING_CQE_F_MORE</c> leaves its call Running; the first one without it, for whatever reason, ends it.
/// </summary>
internal sealed unsafe partial class IoUringBackend
{
    private readonly Lock _groups = new();
    private readonly Stack<ushort> _freeGroups = new();
    private int _groupsMade;
    private bool _groupsClosed;

    /// <summary>
    /// Registers a ring of buffers (IORING_REGISTER_PBUF_RING). 0, or −errno: this kernel has none, or no more of them. Any thread.
    /// </summary>
    /// <param name="ring">Page-aligned memory of <paramref name="entries"/> × 16 bytes, which stays there until it is unregistered.</param>
    /// <param name="entries">A power of two, at most 32,768.</param>
    /// <param name="group">The number that requests name it by.</param>
    public int RegisterBuffers(IoUringBuffer* ring, int entries, out ushort group)
    {
        lock (_groups)
        {
            group = 0;
            if (_groupsClosed || _broken || (_freeGroups.Count == 0 && _groupsMade > ushort.MaxValue))
            {
                return -Errno.ENOSYS;
            }

            group = _freeGroups.Count > 0 ? _freeGroups.Pop() : (ushort)_groupsMade++;
            var registration = new IoUringBufferRegistration { RingAddress = (ulong)ring, RingEntries = (uint)entries, Group = group };
            int result = Syscalls.IoUringRegister(_queues.Fd, IoUringConstants.RegisterBufferRing, &registration, 1);
            if (result < 0)
            {
                _freeGroups.Push(group);
            }

            return Math.Min(result, 0);
        }
    }

    /// <summary>Undoes it. No request that names the group is in flight. Any thread.</summary>
    public void UnregisterBuffers(ushort group)
    {
        lock (_groups)
        {
            if (_groupsClosed)
            {
                return;
            }

            var registration = new IoUringBufferRegistration { Group = group };
            if (Syscalls.IoUringRegister(_queues.Fd, IoUringConstants.UnregisterBufferRing, &registration, 1) >= 0)
            {
                _freeGroups.Push(group);
            }
        }
    }

    /// <summary>The ring is about to be closed, and its descriptor's number to be anybody's.</summary>
    private void CloseGroups()
    {
        lock (_groups)
        {
            _groupsClosed = true;
        }
    }

    private static void DescribeMultishot(IoCall call, IoUringSqe* sqe)
    {
        switch (call.Operation)
        {
            case CallOperation.Accept:
                sqe->IoPriority = IoUringConstants.AcceptMultishot;
                break;
            case CallOperation.Poll:
                sqe->Length = IoUringConstants.PollAddMultishot;
                break;
            case CallOperation.Receive:
                sqe->IoPriority = IoUringConstants.ReceiveMultishot;
                break;
            case CallOperation.Read:
                sqe->Opcode = IoUringConstants.OpReadMultishot;
                break;
            default:
                throw new UnreachableException($"{call.Operation} has no multishot form.");
        }

        if (call.SelectsBuffer)
        {
            sqe->Flags |= IoUringConstants.SqeBufferSelect;
            sqe->BufferGroup = call.BufferGroup;
        }
    }

    /// <summary>Takes a completion of a call: its end, or something before that.</summary>
    private void Take(IoCall call, in IoUringCqe completion, bool more)
    {
        if (!more)
        {
            call.CompletedFlags = completion.Flags;
            int last = (completion.Flags & IoUringConstants.CompletionNotification) != 0 && call.Kept is { } kept ? kept : completion.Result;
            call.Kept = null;
            Finish(call, last);
            return;
        }

        if (OperationTable.Of(call.Operation).Native!.TellsWhenFree)
        {
            // The result; the call lasts until its memory is free, as the lease does.
            call.Kept = completion.Result;
            return;
        }

        int result = AsSystemCall(call, completion.Result);
        if (result == -Errno.EAGAIN)
        {
            // A poll's event that nobody has asked for.
            return;
        }

        _host.Counters.Add(CompletionPath.IoUring);
        if (call.TakeShot(result, completion.Flags, out CompletionEvent shot))
        {
            call.Owner.PublishShot(shot);
        }
    }
}
