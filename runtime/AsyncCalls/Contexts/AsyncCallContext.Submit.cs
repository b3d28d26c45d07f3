using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AsyncCalls.Backends;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;
using AsyncCalls.Routing;

namespace AsyncCalls;

/// <summary>Submission: blocks are examined one after the other, and the first that is refused ends the batch.</summary>
public sealed unsafe partial class AsyncCallContext
{
    private const IocbFlags KnownFlags = IocbFlags.NoEvent | IocbFlags.UnsafeHandle | IocbFlags.UnsafeMemory | IocbFlags.Multishot | Links | IocbFlags.Drain;

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
    /// Submits calls, in order, with one entry of the kernel for all that go to io_uring. Their order of execution is promised by links and drains only (<see cref="IocbFlags.Link"/>).
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
        Backend toWake = Backend.None;
        try
        {
            while (accepted < blocks.Length)
            {
                if (IsOrdered(blocks[accepted]))
                {
                    int length = ChainLength(blocks[accepted..]);
                    int linked = SubmitChain(blocks.Slice(accepted, length), ids.IsEmpty ? ids : ids.Slice(accepted, length));
                    accepted += linked;
                    if (linked < length)
                    {
                        break;
                    }

                    continue;
                }

                if (!TrySubmit(blocks[accepted], out CallId id, out Backend backend))
                {
                    break;
                }

                toWake = backend == Backend.Workers ? toWake : backend;
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

        _engine.Wake(toWake);

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
        OperationRow row = Check(block);
        if (block.Attributes != 0)
        {
            throw new ArgumentException("A call on the calling thread has no attributes: submit it.", nameof(block));
        }

        CallUses uses = default;
        try
        {
            if (row.Number < 0)
            {
                Iocb resolved = block;
                Resolve(block, row, ref resolved, ref uses);
                return IoCall.Perform(resolved);
            }

            SystemCallValues values = default;
            CallArgument[] arguments = row.Arguments;
            for (int i = 0; i < arguments.Length; i++)
            {
                values[i] = (nint)ValueOf(block, arguments[i], ref uses);
            }

            return values.Perform(row.Number);
        }
        finally
        {
            uses.Release();
        }
    }

    private bool TrySubmit(in Iocb block, out CallId id, out Backend backend)
    {
        IoCall call = Prepare(block, out backend);
        bool started = _engine.TryStart(call, backend, CancellationToken.None, out ulong value);
        if (!started)
        {
            call.Abandon();
        }

        id = new CallId(value);
        return started;
    }

    /// <summary>Examines a block and makes the record of its call, which owns what the block names.</summary>
    private IoCall Prepare(in Iocb block, out Backend backend)
    {
        OperationRow row = Check(block);
        Iocb resolved = block;
        CallUses uses = default;
        bool owned = false;
        try
        {
            Resolve(block, row, ref resolved, ref uses);
            CompletionRecord? record = block.Record == 0 ? null : Find<CompletionRecord>(block.Record, "record");
            HandleFacts? facts = FactsOf(resolved, uses.Handle);
            HandleKind kind = facts?.Kind ?? HandleKind.Any;
            backend = facts is not null && IsForWorkers(facts, (int)resolved.Handle)
                ? Backend.Workers
                : _engine.Choose(RoutingTable.Find(block.Operation, kind), resolved, facts);
            if (_engine.MultishotBackend is null)
            {
                // It gives one result, its last, which a multishot request may do at any time.
                resolved.Flags &= ~IocbFlags.Multishot;
            }

            IoCall call = IoCall.Rent(this, nameof(Submit), CallManner.Import, AsyncCallErrors.ReturnValue, block.Operation);
            call.SetSubmitted(resolved, kind, uses, record);
            owned = true;
            if (block.Attributes != 0)
            {
                backend = Attach(call, block.Attributes, backend);
            }

            if (block.Timeout != TimeSpan.Zero)
            {
                call.SetTimeout(block.Timeout);
            }

            return call;
        }
        finally
        {
            if (!owned)
            {
                uses.Release();
            }
        }
    }

    /// <summary>Gives a call its attributes; which backend makes it then.</summary>
    private Backend Attach(IoCall call, ulong id, Backend backend)
    {
        try
        {
            return _engine.Attach(call, Find<AttributesLease>(id, "attributes").Attributes, backend);
        }
        catch
        {
            call.Abandon();
            throw;
        }
    }

    /// <summary>What a block says by itself, but for the counts of its memory, which <see cref="ValueOf"/> looks at. The row of its operation.</summary>
    private static OperationRow Check(in Iocb block)
    {
        if ((block.Flags & ~KnownFlags) != 0)
        {
            throw new ArgumentException($"The block has unknown flags, 0x{(uint)(block.Flags & ~KnownFlags):x}: use values of {nameof(IocbFlags)}.", nameof(block));
        }

        if (OperationTable.Find(block.Operation) is not { } row)
        {
            throw new ArgumentException($"Operation {block.OperationNumber} cannot be submitted as a block: make it by a method of Iocb.", nameof(block));
        }

        if (!block.ReservedIsZero || (block.SecondHandle != 0 && !HasSecondHandle(row)))
        {
            throw new ArgumentException("The block's reserved bytes are not zero: make it by a method of Iocb.", nameof(block));
        }

        if (block.Timeout != TimeSpan.Zero && !Calls.Call.IsTimeout(block.Timeout))
        {
            throw new ArgumentException($"The block's time is {block.Timeout}: it is zero, for no limit, or at most {Calls.Call.LongestTimeout}.", nameof(block));
        }

        if (block.Record != 0 && block.Cookie == 0)
        {
            throw new ArgumentException("The block has a record and no cookie: a record is complete when its cookie is not zero.", nameof(block));
        }

        if ((block.Flags & IocbFlags.Multishot) != 0)
        {
            CheckMultishot(block);
        }

        return row;
    }

    /// <summary>Each result is an event of the ring, and their end is asked for.</summary>
    private static void CheckMultishot(in Iocb block)
    {
        if (block.Operation is not (CallOperation.Accept or CallOperation.Poll) || block.Buffer != 0)
        {
            throw new ArgumentException("The block's operation has no multishot form: make it by a method of Iocb whose name says Multishot.", nameof(block));
        }

        if (block.Timeout != TimeSpan.Zero || block.Record != 0 || (block.Flags & (IocbFlags.NoEvent | Links | IocbFlags.Drain)) != 0)
        {
            throw new ArgumentException("A multishot block has no time, no record, no link, and events always: cancel it when it is to end.", nameof(block));
        }
    }

    /// <summary>Replaces the names in a block by what they stand for, and takes a use of each.</summary>
    private void Resolve(in Iocb block, OperationRow row, ref Iocb resolved, ref CallUses uses)
    {
        if (block.Operation == CallOperation.Sleep)
        {
            // From here on it is a moment.
            IoCall.SetMoment(ref resolved, TimeSpan.FromTicks(block.Length));
            return;
        }

        foreach (ref readonly CallArgument argument in row.Arguments.AsSpan())
        {
            long value = ValueOf(block, argument, ref uses);
            if (argument.IsName)
            {
                resolved[argument.Slot] = value;
            }
        }
    }

    /// <summary>What an argument of a block stands for; takes a use of what it names.</summary>
    private long ValueOf(in Iocb block, in CallArgument argument, ref CallUses uses)
    {
        if (argument.IsHandle)
        {
            return (block.Flags & IocbFlags.UnsafeHandle) == 0 ? DescriptorOf(block, argument, ref uses) : block[argument.Slot];
        }

        if (!argument.IsName)
        {
            return block[argument.Slot];
        }

        if (argument.IsMemory && argument.CountSlot is not (IocbSlot.None or IocbSlot.Mode) && block[argument.CountSlot] < 0)
        {
            throw new ArgumentException($"The block's memory has {block[argument.CountSlot]} bytes or elements: a count is not negative.", nameof(block));
        }

        return (block.Flags & IocbFlags.UnsafeMemory) == 0 ? AddressOf(block, argument, ref uses) : block[argument.Slot];
    }

    private long DescriptorOf(in Iocb block, in CallArgument argument, ref CallUses uses)
    {
        if (block.Operation == CallOperation.Close)
        {
            throw new ArgumentException("A leased handle is closed by disposing it, not by close(2).", nameof(block));
        }

        if (argument.Kind == ArgumentKind.Directory && block[argument.Slot] == 0)
        {
            return Syscalls.CurrentDirectory;
        }

        HandleLease lease = Find<HandleLease>((ulong)block[argument.Slot], "handle");
        HandleState.AddReference(lease.Handle);
        uses.Set(argument.Slot, lease.Handle);
        if (argument.Slot == IocbSlot.Handle && lease.Registration is { } registration && registration.TryUse())
        {
            uses.File = registration;
        }

        return lease.Handle.DangerousGetHandle();
    }

    private long AddressOf(in Iocb block, in CallArgument argument, ref CallUses uses)
    {
        if (argument.MayBeAbsent && block[argument.Slot] == 0)
        {
            return 0;
        }

        BufferLease lease = Find<BufferLease>((ulong)block[argument.Slot], "buffer");
        ObjectDisposedException.ThrowIf(!lease.TryUse(), lease);
        uses.Set(argument.Slot, lease);
        if (lease.IsVectors != (argument.Kind == ArgumentKind.Vectors))
        {
            throw new ArgumentException(
                lease.IsVectors ? "A list of buffers serves vectored reads and writes only." : "A vectored call takes a list of buffers: pin it by PinAll.", nameof(block));
        }

        if (argument.Kind == ArgumentKind.Text)
        {
            if (!new ReadOnlySpan<byte>(lease.Address, lease.Length).Contains((byte)0))
            {
                throw new ArgumentException("The path does not end inside its buffer: put a zero byte after it.", nameof(block));
            }
        }
        else if (argument.BytesOf(block) > (ulong)lease.Length)
        {
            throw new ArgumentException(
                $"The block's call may touch {argument.BytesOf(block)} bytes and its buffer has {lease.Length}: the call would leave the buffer.", nameof(block));
        }
        else if (argument.Kind == ArgumentKind.MemoryLength && *(uint*)lease.Address > BytesBefore(uses, argument))
        {
            throw new ArgumentException($"The address is said to have {*(uint*)lease.Address} bytes, and its buffer has fewer: the call would leave the buffer.", nameof(block));
        }

        return (long)lease.Address;
    }

    /// <summary>The bytes of the address whose length is in an argument: it is in the field that the row names just before.</summary>
    private static uint BytesBefore(in CallUses uses, in CallArgument length) =>
        (uint)((length.Slot == IocbSlot.Sixth ? uses.Path : uses.Buffer)?.Length ?? int.MaxValue);

    /// <summary>Inlined, so that the type that is looked for is known where the compiler tests for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Find<T>(ulong id, string what)
        where T : class, IDisposable => _leases.TryGetValue(id, out IDisposable? found) && found is T lease ? lease : throw Unknown(id, what);

    private ArgumentException Unknown(ulong id, string what) => _leases.TryGetValue(id, out IDisposable? found)
        ? new ArgumentException($"Id {id} names a {found.GetType().Name}, not a {what}.")
        : new ArgumentException($"Id {id} names no {what} of this context: its lease has ended, or it is of another context.");

    private static bool HasSecondHandle(OperationRow row) => Array.Exists(row.Arguments, static argument => argument.Slot == IocbSlot.SecondHandle);

    /// <summary>What a transfer's way depends on; null for every other operation.</summary>
    private static HandleFacts? FactsOf(in Iocb resolved, SafeHandle? handle)
    {
        if (!RoutingTable.DependsOnKind(resolved.Operation))
        {
            return null;
        }

        int fd = (int)resolved.Handle;
        return handle is null ? HandleFacts.Probe(fd) : HandleFacts.Of(handle, fd);
    }

    /// <summary>io_uring waits for a stream that was told not to block; the system call answers EAGAIN.</summary>
    private static bool IsForWorkers(HandleFacts facts, int fd) =>
        facts.OnWorkersOnly || (facts.Kind == HandleKind.Stream && Syscalls.IsNonBlocking(fd));
}
