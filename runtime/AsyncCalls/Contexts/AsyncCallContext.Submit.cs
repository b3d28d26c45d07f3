using System.Runtime.InteropServices;
using AsyncCalls.Backends;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;
using AsyncCalls.Routing;

namespace AsyncCalls;

/// <summary>Submission: blocks are examined one after the other, and the first that is refused ends the batch.</summary>
public sealed unsafe partial class AsyncCallContext
{
    private const IocbFlags KnownFlags = IocbFlags.NoEvent | IocbFlags.UnsafeHandle | IocbFlags.UnsafeMemory;

    /// <summary>Submits one call.</summary>
    /// <param name="block">What to do. Copied.</param>
    /// <returns>The id of the call; 0 if every slot of the runtime is taken: reap, and submit again.</returns>
    /// <inheritdoc cref="Submit(ReadOnlySpan{Iocb}, Span{CallId})" path="/exception"/>
    public CallId Submit(in Iocb block)
    {
        CallId id = default;
        Submit(new ReadOnlySpan<Iocb>(in block), new Span<CallId>(ref id));
        return id;
    }

    /// <summary>
    /// Submits calls, in order, with one entry of the kernel for all that go to io_uring. Their order of execution is not promised.
    /// </summary>
    /// <param name="blocks">What to do. Copied: the blocks may be reused at once.</param>
    /// <param name="ids">Gets the ids of the accepted calls; may be empty if nobody wants them.</param>
    /// <returns>
    /// How many were accepted: the first so many of the span, exactly. Fewer than given: the next one was refused, or every slot of the runtime is taken; submit the
    /// rest again, and its error, if it has one, is thrown. 0 without an error: every slot is taken.
    /// </returns>
    /// <exception cref="ArgumentException">Nothing was accepted: the first block is malformed. The message says how.</exception>
    /// <exception cref="ObjectDisposedException">Nothing was accepted: the context or the runtime was disposed.</exception>
    public int Submit(ReadOnlySpan<Iocb> blocks, Span<CallId> ids = default)
    {
        ThrowIfDead();
        if (!ids.IsEmpty && ids.Length < blocks.Length)
        {
            throw new ArgumentException($"There is room for {ids.Length} ids of {blocks.Length} calls: pass as many, or none.", nameof(ids));
        }

        int accepted = 0;
        bool native = false;
        try
        {
            while (accepted < blocks.Length && TrySubmit(blocks[accepted], out CallId id, out Backend backend))
            {
                native |= backend == Backend.IoUring;
                if (!ids.IsEmpty)
                {
                    ids[accepted] = id;
                }

                accepted++;
            }
        }
        catch (Exception exception) when (accepted > 0 && exception is ArgumentException or ObjectDisposedException)
        {
            // What was accepted stays accepted. The refusal is told when its block comes first.
        }

        if (native)
        {
            _engine.Wake(Backend.IoUring);
        }

        return accepted;
    }

    /// <summary>
    /// Makes one call on the calling thread and waits for it without limit: the plain system call, through the same block. Nothing is allocated, no id is
    /// given, cookie, record and ring are not used.
    /// </summary>
    /// <returns>The result of the system call: ≥ 0, or −errno.</returns>
    /// <inheritdoc cref="Submit(ReadOnlySpan{Iocb}, Span{CallId})" path="/exception"/>
    public long Call(in Iocb block)
    {
        ThrowIfDead();
        Check(block);
        Iocb resolved = block;
        Uses uses = default;
        try
        {
            Resolve(block, ref resolved, ref uses);
            return IoCall.Perform(resolved);
        }
        finally
        {
            uses.Release();
        }
    }

    private bool TrySubmit(in Iocb block, out CallId id, out Backend backend)
    {
        Check(block);
        Iocb resolved = block;
        Uses uses = default;
        bool owned = false;
        try
        {
            Resolve(block, ref resolved, ref uses);
            CompletionRecord? record = block.Record == 0 ? null : Find<CompletionRecord>(block.Record, "record");
            HandleFacts? facts = FactsOf(resolved, uses.Handle);
            HandleKind kind = facts?.Kind ?? HandleKind.Any;
            backend = _engine.Choose(RoutingTable.Find(block.Operation, kind).First);
            if (backend == Backend.IoUring && facts is not null && (block.Length == 0 || IsForWorkers(facts, (int)resolved.Handle)))
            {
                backend = Backend.Workers;
            }

            IoCall call = IoCall.Rent(this, nameof(Submit), CallManner.Import, AsyncCallErrors.ReturnValue, block.Operation);
            call.SetSubmitted(resolved, kind, uses.Handle, uses.Buffer, uses.Path, record);
            owned = true;
            if (block.Timeout != TimeSpan.Zero)
            {
                call.SetTimeout(block.Timeout);
            }

            if (_engine.TryStart(call, backend, CancellationToken.None, out ulong value))
            {
                id = new CallId(value);
                return true;
            }

            call.Abandon();
            id = default;
            return false;
        }
        finally
        {
            if (!owned)
            {
                uses.Release();
            }
        }
    }

    /// <summary>What a block says by itself.</summary>
    private static void Check(in Iocb block)
    {
        if ((block.Flags & ~KnownFlags) != 0)
        {
            throw new ArgumentException($"The block has unknown flags, 0x{(uint)(block.Flags & ~KnownFlags):x}: use values of {nameof(IocbFlags)}.", nameof(block));
        }

        if (!block.ReservedIsZero)
        {
            throw new ArgumentException("The block's reserved bytes are not zero: make it by a method of Iocb.", nameof(block));
        }

        if (block.Timeout != TimeSpan.Zero && !Calls.Call.IsTimeout(block.Timeout))
        {
            throw new ArgumentException($"The block's time is {block.Timeout}: it is zero, for no limit, or at most {Calls.Call.LongestTimeout}.", nameof(block));
        }

        if (block.OperationNumber > (uint)CallOperation.Syscall || block.Operation is CallOperation.Body or CallOperation.Import)
        {
            throw new ArgumentException($"Operation {block.OperationNumber} cannot be submitted as a block: make it by a method of Iocb.", nameof(block));
        }

        if (block.Length < 0 && IsTransfer(block.Operation))
        {
            throw new ArgumentException($"The block transfers {block.Length} bytes: a count is not negative.", nameof(block));
        }

        if (block.Record != 0 && block.Cookie == 0)
        {
            throw new ArgumentException("The block has a record and no cookie: a record is complete when its cookie is not zero.", nameof(block));
        }
    }

    /// <summary>Replaces the names in a block by what they stand for, and takes a use of each.</summary>
    private void Resolve(in Iocb block, ref Iocb resolved, ref Uses uses)
    {
        CallOperation operation = block.Operation;
        if (operation is CallOperation.Nop or CallOperation.Syscall)
        {
            return;
        }

        if ((block.Flags & IocbFlags.UnsafeHandle) == 0)
        {
            if (operation == CallOperation.Close)
            {
                throw new ArgumentException("A leased handle is closed by disposing it, not by close(2).", nameof(block));
            }

            if (block.Handle == 0 && operation == CallOperation.OpenAt)
            {
                resolved.Handle = Syscalls.CurrentDirectory;
            }
            else
            {
                HandleLease lease = Find<HandleLease>((ulong)block.Handle, "handle");
                HandleState.AddReference(lease.Handle);
                uses.Handle = lease.Handle;
                resolved.Handle = lease.Handle.DangerousGetHandle();
            }
        }

        if ((block.Flags & IocbFlags.UnsafeMemory) != 0)
        {
            return;
        }

        if (IsTransfer(operation))
        {
            uses.Buffer = Use(block.Buffer);
            if (block.Length > uses.Buffer.Length)
            {
                throw new ArgumentException($"The block transfers {block.Length} bytes and its buffer has {uses.Buffer.Length}: the call would leave the buffer.", nameof(block));
            }

            resolved.Buffer = (ulong)uses.Buffer.Address;
        }
        else if (operation == CallOperation.OpenAt)
        {
            uses.Path = Use(block.Path);
            if (!new ReadOnlySpan<byte>(uses.Path.Address, uses.Path.Length).Contains((byte)0))
            {
                throw new ArgumentException("The path does not end inside its buffer: put a zero byte after it.", nameof(block));
            }

            resolved.Path = (ulong)uses.Path.Address;
        }
    }

    private BufferLease Use(ulong id)
    {
        BufferLease lease = Find<BufferLease>(id, "buffer");
        ObjectDisposedException.ThrowIf(!lease.TryUse(), lease);
        return lease;
    }

    private T Find<T>(ulong id, string what)
        where T : class, IDisposable
    {
        if (_leases.TryGetValue(id, out IDisposable? found))
        {
            return found as T ?? throw new ArgumentException($"Id {id} names a {found.GetType().Name}, not a {what}.");
        }

        throw new ArgumentException($"Id {id} names no {what} of this context: its lease has ended, or it is of another context.");
    }

    private static bool IsTransfer(CallOperation operation) =>
        operation is CallOperation.Read or CallOperation.ReadAt or CallOperation.Write or CallOperation.WriteAt;

    /// <summary>What a transfer's way depends on; null for every other operation.</summary>
    private static HandleFacts? FactsOf(in Iocb resolved, SafeHandle? handle)
    {
        if (!IsTransfer(resolved.Operation))
        {
            return null;
        }

        int fd = (int)resolved.Handle;
        return handle is null ? HandleFacts.Probe(fd) : HandleFacts.Of(handle, fd);
    }

    /// <summary>io_uring waits for a stream that was told not to block; the system call answers EAGAIN.</summary>
    private static bool IsForWorkers(HandleFacts facts, int fd) =>
        facts.OnWorkersOnly || (facts.Kind == HandleKind.Stream && Syscalls.IsNonBlocking(fd));

    /// <summary>What a call holds while it is in flight.</summary>
    private ref struct Uses
    {
        public SafeHandle? Handle;
        public BufferLease? Buffer;
        public BufferLease? Path;

        public readonly void Release()
        {
            Handle?.DangerousRelease();
            Buffer?.Release();
            Path?.Release();
        }
    }
}
