using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>Whose contract the twin keeps: that of the system call, or that of the class library.</summary>
internal enum CallManner : byte
{
    /// <summary>The system call's: results and error numbers as they are, EINTR too.</summary>
    Import,

    /// <summary>The class library's: EINTR is retried, a write goes on until all is written, errors are its exceptions.</summary>
    ClassLibrary,

    /// <summary>The class library's for sockets: as the other, with its <c>SocketException</c>, and a descriptor that was told not to wait is waited for all the same.</summary>
    ClassLibrarySocket,
}

/// <summary>A call that is one known system call, described by its <see cref="Iocb"/>. How it is made on a worker is in <c>IoCall.Perform.cs</c>, how its results are read in <c>IoCall.Results.cs</c>.</summary>
internal sealed unsafe partial class IoCall : Call
{
    private Iocb _iocb;
    private long _done;
    private OperationRow _row = null!;
    private HandleKind _kind;
    private CallManner _manner;
    private AsyncCallErrors _errors;
    private bool _connects;

    public override CallOperation Operation => _iocb.Operation;

    public override bool IsUnbounded => _kind == HandleKind.Stream || _row.Waits;

    public override bool IsCancellable => _row.Interrupted != InterruptRule.Never;

    public override Interruption Interruption => Interruption.Signal;

    public override long BytesTransferred => _done;

    protected override long? CurrentOffset => _iocb.Offset >= 0 && Has(ArgumentKind.Number, IocbSlot.Offset) ? _iocb.Offset : null;

    protected override long? CurrentLength => Has(ArgumentKind.Number, IocbSlot.Length) ? _iocb.Length : null;

    /// <summary>Whether a write that transferred a part goes on with the rest, whoever carries it: the class library's does.</summary>
    public bool GoesOn => IsClassLibrary;

    /// <summary>Whether the call waits also where its descriptor was told not to: the class library's sockets do.</summary>
    public bool WaitsAnyway => _manner == CallManner.ClassLibrarySocket;

    /// <summary>Whether the call was submitted as a block and nobody awaits it.</summary>
    public bool IsSubmitted { get; private set; }

    protected override bool IsAwaited => !IsSubmitted;

    /// <summary>The place in which io_uring has the file that the call is about; null: it names the descriptor.</summary>
    public Registration? RegisteredFile => ExistingRareParts?.Uses.File;

    /// <summary>The place in which io_uring has the buffer; null: it names the address.</summary>
    public Registration? RegisteredBuffer => ExistingRareParts?.Uses.Buffer?.Registration;

    /// <summary>What the call does next: all of it, or the rest after a part.</summary>
    public ref readonly Iocb Iocb => ref _iocb;

    /// <summary>Rents a record and describes the call. It owns nothing yet.</summary>
    public static IoCall Rent(ICallOwner owner, string method, CallManner manner, AsyncCallErrors errors, CallOperation operation)
    {
        IoCall call = CallPool<IoCall>.Rent();
        call.Prepare(owner, method);
        call._iocb = default;
        call._iocb.Operation = operation;
        call._row = OperationTable.Of(operation);
        call._connects = false;
        call._done = 0;
        call._kind = HandleKind.Any;
        call._manner = manner;
        call._errors = errors;
        call.IsSubmitted = false;
        call.CompletedFlags = 0;
        return call;
    }

    /// <summary>
    /// The block that was submitted, with its names replaced by what they stand for, and the uses that the call now owns.
    /// </summary>
    public void SetSubmitted(in Iocb iocb, HandleKind kind, in CallUses uses, CompletionRecord? record)
    {
        _iocb = iocb;
        _kind = kind;
        if (record is not null || uses.IsAny)
        {
            RareParts parts = RareParts;
            parts.Uses = uses with { Handle = null };
            parts.Record = record;
        }

        IsSubmitted = true;
        OwnLease(uses.Handle);
    }

    /// <summary>A copy of what a submitted write has left to write; null: the call has let go of its buffer, so it has ended. Any thread.</summary>
    public byte[]? CopyData()
    {
        // The block may be that of the next part already: its range lies in the same buffer, which the lease keeps where it is.
        BufferLease? buffer = ExistingRareParts is { } parts ? Volatile.Read(ref parts.Uses.Buffer) : null;
        return buffer?.Copy(_iocb.Buffer, _iocb.Length);
    }

    /// <summary>A copy of the path of a submitted open; null: the call has ended. Any thread.</summary>
    public string? CopyPath()
    {
        BufferLease? buffer = ExistingRareParts is { } parts ? Volatile.Read(ref parts.Uses.Path) : null;
        return buffer?.Copy((ulong)buffer.Address, buffer.Length) is { } bytes ? Encoding.UTF8.GetString(bytes.AsSpan(0, bytes.IndexOf((byte)0))) : null;
    }

    /// <summary>Fills the record of a settled call that was submitted, and tells what is to be published.</summary>
    /// <returns>Whether <paramref name="completion"/> is to be published at all.</returns>
    public bool Conclude(out CompletionEvent completion)
    {
        completion = ToEvent();
        completion.Cookie = _iocb.Cookie;
        completion.Flags |= Attributes is null ? CompletionFlags.None : CompletionFlags.AttributeResult;
        CompletionRecord? record = ExistingRareParts?.Record;
        record?.Complete(Result, _iocb.Cookie);
        bool announced = (_iocb.Flags & IocbFlags.NoEvent) == 0;
        if (!announced && record is null)
        {
            DisposeOrphan(completion);
        }

        return announced;
    }

    /// <summary>Closes the descriptor that a completion brings and that nobody will hear of.</summary>
    public static void DisposeOrphan(in CompletionEvent completion)
    {
        if (completion.Result >= 0 && OperationTable.Find((CallOperation)completion.Operation) is { Result: ResultKind.Descriptor })
        {
            _ = Syscalls.Close((int)completion.Result);
        }
    }

    /// <summary>
    /// A record that was not given back is one whose awaiter dropped it. What it opened nobody else knows of: it is closed, as a handle that was dropped would be.
    /// </summary>
    ~IoCall()
    {
        if (_row is { Result: ResultKind.Descriptor } && IsSettled && Result >= 0)
        {
            _ = Syscalls.Close((int)Result);
        }
    }

    /// <summary>Gives a concluded call's object back: nobody awaits it.</summary>
    public void Retire()
    {
        ReleaseForeignElsewhere();
        Recycle();
    }

    /// <summary>The descriptor, and the handle whose added reference the call now owns (null for a bare number).</summary>
    public void SetHandle(int fd, SafeHandle? lease, HandleKind kind)
    {
        _iocb.Handle = fd;
        _kind = kind;
        OwnLease(lease);
    }

    /// <summary>
    /// The buffer, which stays pinned until the call settles, and where it stands: <paramref name="done"/> bytes were transferred inline already.
    /// </summary>
    public void SetTransfer(ReadOnlyMemory<byte> buffer, nuint count, long offset, long done)
    {
        Debug.Assert((nuint)done <= count && count <= (nuint)buffer.Length, "A transfer stays inside its buffer.");
        _iocb.Buffer = Pin(buffer) + (ulong)done;
        _iocb.Length = (long)count - done;
        _iocb.Offset = offset < 0 ? offset : offset + done;
        _done = done;
    }

    /// <summary>Buffers, which stay pinned until the call settles, and where in the file they stand.</summary>
    public void SetVectors(IReadOnlyList<Memory<byte>> buffers, long offset)
    {
        var lease = new BufferLease(buffers);
        RareParts.Uses.Buffer = lease;
        _iocb.Buffer = (ulong)lease.Address;
        _iocb.Length = buffers.Count;
        _iocb.Offset = offset;
    }

    /// <summary>The descriptor of the second handle, and the handle whose added reference the call now owns (null for a bare number).</summary>
    public void SetSecondHandle(int fd, SafeHandle? lease)
    {
        _iocb.SecondHandle = fd;
        if (lease is not null)
        {
            RareParts.Uses.SecondHandle = lease;
        }
    }

    /// <summary>Any field of the block.</summary>
    public void Set(IocbSlot slot, long value) => _iocb[slot] = value;

    /// <summary>Goes on after a part that was transferred inline.</summary>
    public void Advance(long done)
    {
        _iocb.Buffer += (ulong)done;
        _iocb.Length -= done;
        _done = done;
    }

    /// <summary>Memory, which stays pinned until the call settles; no memory is a null pointer.</summary>
    public void SetMemory<T>(IocbSlot slot, ReadOnlyMemory<T> memory) => _iocb[slot] = memory.IsEmpty ? 0 : (long)Pin(memory);

    /// <summary>A text, copied to memory that the call owns.</summary>
    public void SetText(IocbSlot slot, string? text)
    {
        ref nint copy = ref RareParts.Texts[TextOf(slot)];
        copy = Marshal.StringToCoTaskMemUTF8(text);
        _iocb[slot] = copy;
    }

    public override void Execute(IInterruptGate gate)
    {
        if (SelectsBuffer)
        {
            // The kernel alone has the buffers: whoever started the call makes it in another way.
            Settle(-Errno.EOPNOTSUPP);
            return;
        }

        long result;
        do
        {
            if (!IsCancellable)
            {
                // Never interrupted and never retried: whether the descriptor was released would not be known.
                result = Perform();
            }
            else if (gate.Enter(this))
            {
                result = Perform();
                gate.Leave();
            }
            else
            {
                result = -Errno.ECANCELED;
            }
        }
        while (!TryFinish(result, GoesOn));
    }

    /// <summary>
    /// Takes the result of one attempt. True: the call is settled. False: there is more to do, and the control block describes it.
    /// </summary>
    /// <param name="result">≥ 0, or −errno.</param>
    /// <param name="goesOn">Whether a write that transferred a part goes on with the rest, as the blocking call would.</param>
    public bool TryFinish(long result, bool goesOn)
    {
        if (result < 0)
        {
            return TryFinishFailed((int)-result);
        }

        if (_row.Result is ResultKind.Descriptor or ResultKind.DescriptorPair && IsCancelRequested && Sink is null)
        {
            // Whoever cancelled does not look for a descriptor any more.
            DisposeResource(result);
            Settle(-Errno.ECANCELED, cancelled: true);
            return true;
        }

        if (!IsTransfer)
        {
            Settle(result);
            return true;
        }

        Debug.Assert(result <= _iocb.Length || !IsWrite, "The kernel writes at most what it was asked for; MSG_TRUNC tells of more than was read.");
        _done += result;
        bool partOfWrite = IsWrite && goesOn && result < _iocb.Length;
        if (partOfWrite && result > 0 && !IsCancelRequested)
        {
            _iocb.Buffer += (ulong)result;
            _iocb.Length -= result;
            _iocb.Offset += _iocb.Offset < 0 ? 0 : result;
            return false;
        }

        if (partOfWrite && IsCancelRequested && IsClassLibrary)
        {
            // The class library's write promises all or an exception.
            Settle(-Errno.ECANCELED, cancelled: true);
            return true;
        }

        Settle(_done);
        return true;
    }

    protected override void Release()
    {
        TellAttributes();
        base.Release();
        if (ExistingRareParts is { } parts)
        {
            ReleaseRare(parts);
        }
    }

    private static void ReleaseRare(RareParts parts)
    {
        parts.Uses.ReleaseBuffers();
        if (parts.Uses.SecondHandle is { } second)
        {
            parts.Uses.SecondHandle = null;
            HandleState.ReleaseReference(second);
        }

        foreach (ref nint text in (Span<nint>)parts.Texts)
        {
            Marshal.FreeCoTaskMem(text);
            text = 0;
        }
    }

    protected override void ReturnToPool()
    {
        ExistingRareParts?.Forget();
        CallPool<IoCall>.Return(this);
    }

    private bool IsPositioned => Operation is CallOperation.ReadAt or CallOperation.WriteAt;

    private bool IsWrite => Operation is CallOperation.Write or CallOperation.WriteAt or CallOperation.Send or CallOperation.SendTo or CallOperation.SendZeroCopy;

    /// <summary>Whether the call moves bytes between one buffer and a handle, so that it can go on after a part.</summary>
    private bool IsTransfer => _row.Native is { LengthIsTransfer: true };

    private bool Has(ArgumentKind kind, IocbSlot slot)
    {
        foreach (CallArgument argument in _row.Arguments)
        {
            if (argument.Kind == kind && argument.Slot == slot)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Closes what the call opened.</summary>
    private void DisposeResource(long result)
    {
        if (_row.Result == ResultKind.Descriptor)
        {
            _ = Syscalls.Close((int)result);
            return;
        }

        int* descriptors = (int*)_iocb.Buffer;
        _ = Syscalls.Close(descriptors[0]);
        _ = Syscalls.Close(descriptors[1]);
    }

    private bool TryFinishFailed(int errno)
    {
        if (errno == Errno.EINTR && !IsCancelRequested && GoesOnAfterSignal())
        {
            return false;
        }

        if (errno == Errno.EINVAL && IsMultishot && Sink is null && !IsCancelRequested)
        {
            // Perhaps this kernel knows no such form: the plain call says the truth.
            _iocb.Flags &= ~IocbFlags.Multishot;
            return false;
        }

        if (errno is Errno.ESPIPE or Errno.ENXIO && _manner == CallManner.ClassLibrary && IsPositioned)
        {
            // A file that can seek and takes no offset (some of /proc): the class library goes on without one, and so does this call.
            _iocb.Operation = Operation == CallOperation.ReadAt ? CallOperation.Read : CallOperation.Write;
            _row = OperationTable.Of(_iocb.Operation);
            _iocb.Offset = -1;
            return false;
        }

        bool interrupted = errno == Errno.ECANCELED || (errno == Errno.EINTR && IsCancelRequested);
        if (_done > 0 && (!IsWrite || !IsClassLibrary))
        {
            // A part was transferred before: it is the result, as it is of the system call. What was read is never thrown away.
            Settle(_done);
        }
        else if (interrupted)
        {
            Settle(-Errno.ECANCELED, cancelled: true);
        }
        else if (_manner == CallManner.ClassLibrary && Operation == CallOperation.Sync && errno is Errno.EROFS or Errno.EINVAL or Errno.EOPNOTSUPP)
        {
            // As FileStream.Flush(true) does: what cannot be synchronised has nothing to lose.
            Settle(0);
        }
        else
        {
            Settle(-errno, ErrorOf(-errno));
        }

        return true;
    }

    /// <summary>What the rule of the operation says, once a signal has met the call.</summary>
    private bool GoesOnAfterSignal()
    {
        _connects |= _row.Interrupted == InterruptRule.AwaitConnection;
        return _connects || _row.Interrupted == InterruptRule.GoOn || (_row.Interrupted == InterruptRule.Retry && IsClassLibrary);
    }

    private bool IsClassLibrary => _manner != CallManner.Import;

    private bool ThrowsErrors => IsClassLibrary || _errors == AsyncCallErrors.Exception;

    private string? PathForErrors() =>
        ExistingRareParts?.Texts[TextOf(IocbSlot.Path)] is { } path and not 0 ? Marshal.PtrToStringUTF8(path)
        : Has(ArgumentKind.Handle, IocbSlot.Handle) ? FileErrors.PathOf(Handle, _iocb.Handle)
        : null;

    /// <summary>The exception of an error that the call gave at once.</summary>
    public Exception? ErrorOf(long result) => result >= 0 || !ThrowsErrors ? null
        : _manner == CallManner.ClassLibrarySocket ? SocketErrors.FromErrno((int)-result)
        : FileErrors.FromErrno((int)-result, PathForErrors());

    private static int TextOf(IocbSlot slot) => slot switch
    {
        IocbSlot.Path => 0,
        IocbSlot.Buffer => 1,
        _ => 2,
    };
}
