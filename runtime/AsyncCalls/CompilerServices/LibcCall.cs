using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AsyncCalls.Backends;
using AsyncCalls.Calls;
using AsyncCalls.Contexts;
using AsyncCalls.Interop.Linux;
using AsyncCalls.Routing;

namespace AsyncCalls.CompilerServices;

/// <summary>
/// The asynchronous form of an import of libc that is one system call, for generated code, which names the arguments in the order of the C function and then starts it. The row of the
/// operation says what each of them is.
/// </summary>
/// <remarks>
/// <para>A handle is leased from the call to its completion; a bare <see cref="int"/> descriptor cannot be. Buffers stay pinned, and texts are copied, until the call has completed. Memory that
/// is smaller than what the call may touch throws <see cref="ArgumentOutOfRangeException"/> at once; no memory is a null pointer, of which the kernel says what it thinks.</para>
/// <para>Used once, on one thread, from <see cref="Begin"/> to <see cref="Start"/>: an exception between them gives everything back.</para>
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public ref struct LibcCall
{
    private const int WaitForAll = 0x100; // MSG_WAITALL

    private readonly AsyncCallRuntime _runtime;
    private readonly OperationRow _row;
    private readonly IoCall _call;
    private readonly CancellationToken _cancellationToken;
    private HandleKind _kind;
    private HandleFacts? _facts;

    /// <summary>Of a receive, whose looks for data it counts.</summary>
    private HandleFacts? _receiver;
    private int _position;

    /// <summary>Bytes of the memory in the fields Buffer, Path and Sixth.</summary>
    private Sizes _sizes;

    private LibcCall(AsyncCallRuntime runtime, OperationRow row, IoCall call, CancellationToken cancellationToken)
    {
        _runtime = runtime;
        _row = row;
        _call = call;
        _cancellationToken = cancellationToken;
    }

    /// <summary>Describes a call whose arguments follow.</summary>
    public static LibcCall Begin(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, CallOperation operation, CancellationToken cancellationToken)
    {
        LibcCalls.Check(runtime);
        return new LibcCall(
            runtime, OperationTable.Of(operation), IoCall.Rent(runtime.Owner, method, CallManner.Import, errors, operation), cancellationToken);
    }

    /// <summary>Describes a blocking call of the class library's socket, whose arguments follow.</summary>
    internal static LibcCall BeginSocketCall(AsyncCallRuntime runtime, string method, CallOperation operation, CancellationToken cancellationToken) => new(
        runtime,
        OperationTable.Of(operation),
        IoCall.Rent(runtime.Owner, method, CallManner.ClassLibrarySocket, AsyncCallErrors.Exception, operation),
        cancellationToken);

    /// <summary>A descriptor, by its handle.</summary>
    public LibcCall Handle(SafeHandle handle)
    {
        try
        {
            ArgumentNullException.ThrowIfNull(handle);
            HandleState.AddReference(handle);
            SetDescriptor((int)handle.DangerousGetHandle(), handle);
        }
        catch
        {
            _call.Abandon();
            throw;
        }

        return this;
    }

    /// <summary>A descriptor, by its number.</summary>
    public LibcCall Handle(int fd)
    {
        SetDescriptor(fd, null);
        return this;
    }

    /// <summary>A number.</summary>
    public LibcCall Number(long value)
    {
        _call.Set(Next().Slot, value);
        return this;
    }

    /// <summary>A text.</summary>
    public LibcCall Text(string text)
    {
        _call.SetText(Next().Slot, text);
        return this;
    }

    /// <summary>Memory that the call reads or writes.</summary>
    public LibcCall Memory<T>(ReadOnlyMemory<T> memory)
        where T : unmanaged
    {
        IocbSlot slot = Next().Slot;
        try
        {
            _call.SetMemory(slot, memory);
        }
        catch
        {
            // A memory manager of the caller's refused to pin.
            _call.Abandon();
            throw;
        }

        _sizes[SizeOf(slot)] = (long)memory.Length * Unsafe.SizeOf<T>();
        return this;
    }

    /// <inheritdoc cref="Memory{T}(ReadOnlyMemory{T})"/>
    public LibcCall Memory<T>(Memory<T> memory)
        where T : unmanaged => Memory((ReadOnlyMemory<T>)memory);

    /// <inheritdoc cref="Memory{T}(ReadOnlyMemory{T})"/>
    public LibcCall Memory<T>(T[]? memory)
        where T : unmanaged => Memory(new ReadOnlyMemory<T>(memory));

    /// <summary>
    /// Whether the import itself is to be called by a worker, since the runtime is portable. Then its memory is checked as the native call's is, and what was described is given back.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The call might leave its memory.</exception>
    public readonly bool IsPortable()
    {
        if (_runtime.Engine.IsPortable)
        {
            RequireMemory();
            _call.Abandon();
            return true;
        }

        return false;
    }

    /// <summary>Starts the call.</summary>
    public ImportCall Start()
    {
        RequireMemory();
        if (_cancellationToken.IsCancellationRequested)
        {
            _call.Abandon();
            return new ImportCall(new OperationCanceledException(_cancellationToken));
        }

        // Who makes a call with attributes tells which it honoured, and this thread could honour none: it makes no such call.
        CallAttributes? attributes = _runtime.Options.Attributes;
        attributes?.Begin();
        ref readonly Route route = ref RoutingTable.Find(_row.Operation, _kind);
        if (attributes is null && TryAtOnce(route.Attempt, out long result))
        {
            Exception? error = _call.ErrorOf(result);
            _call.Abandon();
            _runtime.Engine.Counters.Add(CompletionPath.Inline);
            return new ImportCall(new Started(_row.Result == ResultKind.ErrorNumber ? -result : result, error));
        }

        Backend backend = attributes is not null && MustNotWait ? Backend.Workers : _runtime.Engine.Choose(route, _call.Iocb, _facts);
        _runtime.Start(_call, backend, _cancellationToken);
        return new ImportCall(new Started(_call));
    }

    /// <summary>Whether the descriptor was told not to block, and the call obeys that: it then says EAGAIN, on any path.</summary>
    private readonly bool MustNotWait => !_call.WaitsAnyway && (_row.ObeysNonBlock || _kind == HandleKind.Stream) && Syscalls.IsNonBlocking((int)_call.Iocb.Handle);

    /// <summary>Makes the call on this thread where it waits for nobody. False: it is to be handed over, with what is left of it.</summary>
    private readonly bool TryAtOnce(Attempt attempt, out long result)
    {
        result = 0;
        ref readonly Iocb block = ref _call.Iocb;
        bool inline = _runtime.Engine.InlineAttempts;
        if (inline && attempt == Attempt.DoNotWait && (block.OperationFlags & WaitForAll) == 0 && _receiver?.ShouldLook() is not false)
        {
            return TryWithoutWaiting(block, out result);
        }

        if ((inline && attempt == Attempt.Plain) || MustNotWait)
        {
            result = IoCall.Perform(block);
            return true;
        }

        return false;
    }

    /// <summary>With MSG_DONTWAIT. Only where that is not enough does it matter whether the socket itself was told not to block, which costs a system call to know.</summary>
    private readonly bool TryWithoutWaiting(in Iocb block, out long result)
    {
        Iocb tried = block;
        tried.OperationFlags |= Syscalls.DoNotWait;
        result = IoCall.Perform(tried);
        _receiver?.Looked(found: result >= 0);
        bool isShort = _row.Operation is CallOperation.Send or CallOperation.SendTo && result > 0 && result < block.Length;
        if ((result is not (-Errno.EAGAIN or -Errno.EINTR) && !isShort) || MustNotWait)
        {
            return true;
        }

        if (isShort)
        {
            // A blocking send waits until all is sent.
            _call.Advance(result);
        }

        return false;
    }

    /// <summary>The next argument of the C function: the zeros of the system call are nobody's.</summary>
    private CallArgument Next()
    {
        while (_row.Arguments[_position].Kind == ArgumentKind.Zero)
        {
            _position++;
        }

        return _row.Arguments[_position++];
    }

    private void SetDescriptor(int fd, SafeHandle? handle)
    {
        if (Next().Slot == IocbSlot.SecondHandle)
        {
            _call.SetSecondHandle(fd, handle);
            return;
        }

        if (_runtime.Engine.IsPortable)
        {
            // Nothing is asked of the kernel.
        }
        else if (RoutingTable.DependsOnKind(_row.Operation))
        {
            _facts = handle is null ? HandleFacts.Probe(fd) : HandleFacts.Of(handle, fd);
            _kind = _facts.Kind;
        }
        else if (handle is not null && _row.Operation is CallOperation.Receive or CallOperation.ReceiveFrom or CallOperation.ReceiveMessage)
        {
            _receiver = HandleFacts.Of(handle, fd);
        }

        _call.SetHandle(fd, handle, _kind);
    }

    private readonly void RequireMemory()
    {
        try
        {
            foreach (CallArgument argument in _row.Arguments)
            {
                if (argument.IsMemory)
                {
                    Require(argument);
                }
            }
        }
        catch
        {
            _call.Abandon();
            throw;
        }
    }

    /// <summary>Requires that the memory of an argument is as large as what the call may touch: the kernel knows addresses, and not what lies behind them.</summary>
    private readonly unsafe void Require(CallArgument argument)
    {
        long has = _sizes[SizeOf(argument.Slot)];
        ulong wanted = argument.BytesOf(_call.Iocb);
        if (argument.Kind == ArgumentKind.MemoryLength && has >= sizeof(uint))
        {
            // The length of the address before it. Without an address it means nothing.
            long address = _sizes[argument.Slot == IocbSlot.Sixth ? SizeOf(IocbSlot.Path) : SizeOf(IocbSlot.Buffer)];
            uint length = *(uint*)_call.Iocb[argument.Slot];
            if (address > 0 && length > address)
            {
                throw new ArgumentOutOfRangeException(null, length, $"The address is said to have {length} bytes, and its memory has {address}: the call would leave the buffer.");
            }
        }

        // No memory is a null pointer, which the kernel refuses by itself where it wants some; a count of bytes that are not there is a mistake.
        bool absent = has == 0 && argument.CountSlot == IocbSlot.None;
        if (!absent && wanted > (ulong)has)
        {
            throw new ArgumentOutOfRangeException(null, wanted, $"The call may touch {wanted} bytes, and its buffer has {has}: the call would leave the buffer.");
        }
    }

    private static int SizeOf(IocbSlot slot) => slot switch
    {
        IocbSlot.Buffer => 0,
        IocbSlot.Path => 1,
        _ => 2,
    };

    [InlineArray(3)]
    private struct Sizes
    {
        private long _first;
    }
}
