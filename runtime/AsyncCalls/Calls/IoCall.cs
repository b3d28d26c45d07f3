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
}

/// <summary>A call that is one known system call, described by its <see cref="Iocb"/>. How its results are read is in <c>IoCall.Results.cs</c>.</summary>
internal sealed unsafe partial class IoCall : Call
{
    private Iocb _iocb;
    private long _done;
    private nint _path;
    private BufferLease? _buffer;
    private BufferLease? _pathBuffer;
    private CompletionRecord? _record;
    private HandleKind _kind;
    private CallManner _manner;
    private AsyncCallErrors _errors;

    public override CallOperation Operation => _iocb.Operation;

    public override bool IsUnbounded => _kind == HandleKind.Stream || Operation == CallOperation.Syscall;

    public override bool IsCancellable => Operation != CallOperation.Close;

    public override Interruption Interruption => Interruption.Signal;

    public override long BytesTransferred => _done;

    protected override long? CurrentOffset => _iocb.Offset >= 0 && (IsTransfer || Operation == CallOperation.Allocate) ? _iocb.Offset : null;

    protected override long? CurrentLength => IsTransfer || Operation is CallOperation.Allocate or CallOperation.Truncate ? _iocb.Length : null;

    /// <summary>Whether a write that transferred a part goes on with the rest, whoever carries it: the class library's does.</summary>
    public bool GoesOn => _manner == CallManner.ClassLibrary;

    /// <summary>Whether the call was submitted as a block and nobody awaits it.</summary>
    public bool IsSubmitted { get; private set; }

    protected override bool IsAwaited => !IsSubmitted;

    /// <summary>What the call does next: all of it, or the rest after a part.</summary>
    public ref readonly Iocb Iocb => ref _iocb;

    /// <summary>Rents a record and describes the call. It owns nothing yet.</summary>
    public static IoCall Rent(ICallOwner owner, string method, CallManner manner, AsyncCallErrors errors, CallOperation operation)
    {
        IoCall call = CallPool<IoCall>.Rent();
        call.Prepare(owner, method);
        call._iocb = default;
        call._iocb.Operation = operation;
        call._iocb.Handle = -1;
        call._done = 0;
        call._kind = HandleKind.Any;
        call._manner = manner;
        call._errors = errors;
        call.IsSubmitted = false;
        return call;
    }

    /// <summary>
    /// The block that was submitted, with its names replaced by what they stand for, and the uses that the call now owns.
    /// </summary>
    public void SetSubmitted(in Iocb iocb, HandleKind kind, SafeHandle? lease, BufferLease? buffer, BufferLease? path, CompletionRecord? record)
    {
        _iocb = iocb;
        _kind = kind;
        _buffer = buffer;
        _pathBuffer = path;
        _record = record;
        IsSubmitted = true;
        OwnLease(lease);
    }

    /// <summary>A copy of what a submitted write has left to write; null: the call has let go of its buffer, so it has ended. Any thread.</summary>
    public byte[]? CopyData()
    {
        // The block may be that of the next part already: its range lies in the same buffer, which the lease keeps where it is.
        BufferLease? buffer = Volatile.Read(ref _buffer);
        return buffer?.Copy(_iocb.Buffer, _iocb.Length);
    }

    /// <summary>A copy of the path of a submitted open; null: the call has ended. Any thread.</summary>
    public string? CopyPath()
    {
        BufferLease? buffer = Volatile.Read(ref _pathBuffer);
        return buffer?.Copy((ulong)buffer.Address, buffer.Length) is { } bytes ? Encoding.UTF8.GetString(bytes.AsSpan(0, bytes.IndexOf((byte)0))) : null;
    }

    /// <summary>Fills the record of a settled call that was submitted, and tells what is to be published.</summary>
    /// <returns>Whether <paramref name="completion"/> is to be published at all.</returns>
    public bool Conclude(out CompletionEvent completion)
    {
        completion = ToEvent();
        completion.Cookie = _iocb.Cookie;
        _record?.Complete(Result, _iocb.Cookie);
        bool announced = (_iocb.Flags & IocbFlags.NoEvent) == 0;
        if (!announced && _record is null)
        {
            DisposeOrphan(completion);
        }

        return announced;
    }

    /// <summary>Closes the descriptor that a completion brings and that nobody will hear of.</summary>
    public static void DisposeOrphan(in CompletionEvent completion)
    {
        if (completion is { Operation: (uint)CallOperation.OpenAt, Result: >= 0 })
        {
            _ = Syscalls.Close((int)completion.Result);
        }
    }

    /// <summary>
    /// A record that was not given back is one whose awaiter dropped it. What it opened nobody else knows of: it is closed, as a handle that was dropped would be.
    /// </summary>
    ~IoCall()
    {
        if (Operation == CallOperation.OpenAt && IsSettled && Result >= 0)
        {
            _ = Syscalls.Close((int)Result);
        }
    }

    /// <summary>Gives a concluded call's object back: nobody awaits it.</summary>
    public void Retire()
    {
        _record = null;
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

    public void SetRange(int mode, long offset, long length)
    {
        _iocb.OperationFlags = (uint)mode;
        _iocb.Offset = offset;
        _iocb.Length = length;
    }

    /// <summary>The path of openat(2), copied to memory that the call owns.</summary>
    public void SetOpen(string? path, int flags, uint mode)
    {
        _path = Marshal.StringToCoTaskMemUTF8(path);
        _iocb.Path = (ulong)_path;
        _iocb.OperationFlags = (uint)flags;
        _iocb.Mode = mode;
    }

    public override void Execute(IInterruptGate gate)
    {
        long result;
        do
        {
            if (Operation == CallOperation.Close)
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

        if (Operation == CallOperation.OpenAt && IsCancelRequested)
        {
            // Whoever cancelled does not look for a descriptor any more.
            _ = Syscalls.Close((int)result);
            Settle(-Errno.ECANCELED, cancelled: true);
            return true;
        }

        if (!IsTransfer)
        {
            Settle(result);
            return true;
        }

        Debug.Assert(result <= _iocb.Length, "The kernel transfers at most what it was asked for.");
        _done += result;
        bool partOfWrite = IsWrite && goesOn && result < _iocb.Length;
        if (partOfWrite && result > 0 && !IsCancelRequested)
        {
            _iocb.Buffer += (ulong)result;
            _iocb.Length -= result;
            _iocb.Offset += _iocb.Offset < 0 ? 0 : result;
            return false;
        }

        if (partOfWrite && IsCancelRequested && _manner == CallManner.ClassLibrary)
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
        base.Release();
        _buffer?.Release();
        _buffer = null;
        _pathBuffer?.Release();
        _pathBuffer = null;
        Marshal.FreeCoTaskMem(_path);
        _path = 0;
    }

    protected override void ReturnToPool() => CallPool<IoCall>.Return(this);

    private bool IsPositioned => Operation is CallOperation.ReadAt or CallOperation.WriteAt;

    private bool IsWrite => Operation is CallOperation.Write or CallOperation.WriteAt;

    private bool IsTransfer => Operation is CallOperation.Read or CallOperation.ReadAt or CallOperation.Write or CallOperation.WriteAt;

    private bool TryFinishFailed(int errno)
    {
        if (errno == Errno.EINTR && !IsCancelRequested && _manner == CallManner.ClassLibrary)
        {
            return false;
        }

        if (errno is Errno.ESPIPE or Errno.ENXIO && _manner == CallManner.ClassLibrary && IsPositioned)
        {
            // A file that can seek and takes no offset (some of /proc): the class library goes on without one, and so does this call.
            _iocb.Operation = Operation == CallOperation.ReadAt ? CallOperation.Read : CallOperation.Write;
            _iocb.Offset = -1;
            return false;
        }

        bool interrupted = errno == Errno.ECANCELED || (errno == Errno.EINTR && IsCancelRequested);
        if (_done > 0 && (!IsWrite || _manner == CallManner.Import))
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
            Settle(-errno, ThrowsErrors ? FileErrors.FromErrno(errno, PathForErrors()) : null);
        }

        return true;
    }

    private bool ThrowsErrors => _manner == CallManner.ClassLibrary || _errors == AsyncCallErrors.Exception;

    private string? PathForErrors() => _path != 0 ? Marshal.PtrToStringUTF8(_path) : FileErrors.PathOf(Handle, _iocb.Handle);

    private long Perform() => Perform(_iocb);

    /// <summary>The plain system call, which may block, of a block whose handle and memory are a descriptor and addresses.</summary>
    public static long Perform(in Iocb iocb)
    {
        int fd = (int)iocb.Handle;
        byte* buffer = (byte*)iocb.Buffer;
        nuint length = nuint.Min((nuint)iocb.Length, Syscalls.MaxTransfer);
        return iocb.Operation switch
        {
            CallOperation.Nop => 0,
            CallOperation.Read => Syscalls.Read(fd, buffer, length),
            CallOperation.ReadAt => Syscalls.PRead(fd, buffer, length, iocb.Offset),
            CallOperation.Write => Syscalls.Write(fd, buffer, length),
            CallOperation.WriteAt => Syscalls.PWrite(fd, buffer, length, iocb.Offset),
            CallOperation.Sync => Syscalls.FSync(fd),
            CallOperation.DataSync => Syscalls.FDataSync(fd),
            CallOperation.Truncate => Syscalls.FTruncate(fd, iocb.Length),
            CallOperation.Allocate => Syscalls.FAllocate(fd, (int)iocb.OperationFlags, iocb.Offset, iocb.Length),
            CallOperation.OpenAt => Syscalls.OpenAt(fd, (byte*)iocb.Path, (int)iocb.OperationFlags, iocb.Mode),
            CallOperation.Close => Syscalls.Close(fd),
            CallOperation.Syscall => Syscalls.Raw(
                (nint)iocb.OperationFlags, (nint)iocb.Handle, (nint)iocb.Buffer, (nint)iocb.Length, (nint)iocb.Offset, (nint)iocb.Path, (nint)iocb.Sixth),
            _ => throw new UnreachableException($"{iocb.Operation} is not a system call."),
        };
    }
}
