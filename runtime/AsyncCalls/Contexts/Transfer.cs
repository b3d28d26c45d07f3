using System.Runtime.InteropServices;
using AsyncCalls.Backends;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;
using AsyncCalls.Routing;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Contexts;

/// <summary>
/// Starts reads and writes: finds the route, makes the inline attempt that it allows, and hands over what is left.
/// </summary>
internal readonly unsafe ref struct Transfer
{
    private const long NotCompleted = long.MinValue;

    private readonly AsyncCallRuntime _runtime;
    private readonly CallEngine _engine;
    private readonly string _method;
    private readonly CallManner _manner;
    private readonly AsyncCallErrors _errors;
    private readonly bool _isWrite;

    public Transfer(AsyncCallRuntime runtime, string method, CallManner manner, AsyncCallErrors errors, bool isWrite)
    {
        _runtime = runtime;
        _engine = runtime.Engine;
        _method = method;
        _manner = manner;
        _errors = errors;
        _isWrite = isWrite;
    }

    /// <summary>
    /// Starts the transfer of <paramref name="count"/> bytes at <paramref name="offset"/>, or at the file's position (null).
    /// </summary>
    /// <exception cref="ObjectDisposedException">The handle or the runtime was disposed.</exception>
    public Started Start(SafeHandle handle, ReadOnlyMemory<byte> buffer, nuint count, long? offset, CancellationToken cancellationToken)
    {
        HandleState.AddReference(handle);
        bool owned = false;
        try
        {
            int fd = (int)handle.DangerousGetHandle();
            return Start(fd, handle, HandleFacts.Of(handle, fd), buffer, count, offset, cancellationToken, ref owned);
        }
        finally
        {
            if (!owned)
            {
                handle.DangerousRelease();
            }
        }
    }

    /// <summary>The same for a bare descriptor number, which nothing keeps from being closed and reused.</summary>
    public Started Start(int fd, ReadOnlyMemory<byte> buffer, nuint count, long? offset, CancellationToken cancellationToken)
    {
        bool owned = false;
        return Start(fd, null, HandleFacts.Probe(fd), buffer, count, offset, cancellationToken, ref owned);
    }

    private Started Start(
        int fd, SafeHandle? handle, HandleFacts facts, ReadOnlyMemory<byte> buffer, nuint count, long? offset, CancellationToken cancellationToken, ref bool owned)
    {
        _runtime.Options.Attributes?.Begin();
        if (_manner == CallManner.ClassLibrary && !facts.Seekable)
        {
            if (_runtime.Options.Attributes?.Personality is not null)
            {
                // The class library makes the call with the credentials of the process: it would be another call.
                return Completed(-Errno.EOPNOTSUPP, handle, fd);
            }

            return new Started(AskClassLibrary((SafeFileHandle)handle!, buffer, offset!.Value), null);
        }

        bool positioned = offset is not null;
        if (offset < 0)
        {
            // −1 means "at the position" further down; to pread(2) and pwrite(2) every negative offset is EINVAL, whatever the file.
            return Completed(-Errno.EINVAL, handle, fd);
        }

        long at = positioned ? offset!.Value : -1;
        CallOperation operation = _isWrite
            ? positioned ? CallOperation.WriteAt : CallOperation.Write
            : positioned ? CallOperation.ReadAt : CallOperation.Read;
        ref readonly Route route = ref RoutingTable.Find(operation, facts.Kind);

        long done = 0;
        long result = NotCompleted;
        bool nonBlocking;
        fixed (byte* start = buffer.Span)
        {
            if (_runtime.InlineAttempts && route.Attempt == Attempt.Plain)
            {
                result = AttemptPlain(fd, start, count, at);
            }
            else if (_runtime.InlineAttempts && route.Attempt == Attempt.NoWait && !facts.RefusesNoWait && count > 0)
            {
                result = AttemptNoWait(fd, facts, start, count, at, ref done);
            }

            nonBlocking = result == NotCompleted && facts.Kind == HandleKind.Stream && Syscalls.IsNonBlocking(fd);
            if (nonBlocking && _runtime.Options.Attributes is null)
            {
                // As the system call does: it transfers what it can and otherwise says EAGAIN, and never waits.
                result = done > 0 ? done : Once(fd, start, count, at);
            }
        }

        if (result != NotCompleted)
        {
            return Completed(result, handle, fd);
        }

        IoCall call = IoCall.Rent(_runtime.Owner, _method, _manner, _errors, operation);
        try
        {
            call.SetTransfer(buffer, count, at, done);
        }
        catch
        {
            // A memory manager of the caller's refused to pin: nothing was handed over yet.
            call.Abandon();
            throw;
        }

        call.SetHandle(fd, handle, facts.Kind);
        owned = true;

        _runtime.Start(call, nonBlocking ? Backend.Workers : _engine.Choose(route, call.Iocb, facts), cancellationToken);
        return new Started(call);
    }

    private Started Completed(long result, SafeHandle? handle, int fd)
    {
        _engine.Counters.Add(CompletionPath.Inline);
        bool throws = result < 0 && (_manner == CallManner.ClassLibrary || _errors == AsyncCallErrors.Exception);
        return new Started(result, throws ? FileErrors.FromErrno((int)-result, FileErrors.PathOf(handle, fd)) : null);
    }

    /// <summary>The class library refuses a file that has no position, before it does anything.</summary>
    private long AskClassLibrary(SafeFileHandle handle, ReadOnlyMemory<byte> buffer, long offset)
    {
        if (!_isWrite)
        {
            return RandomAccess.Read(handle, MemoryMarshal.AsMemory(buffer).Span, offset);
        }

        RandomAccess.Write(handle, buffer.Span, offset);
        return buffer.Length;
    }

    /// <summary>The blocking call, where it waits for nobody.</summary>
    private long AttemptPlain(int fd, byte* start, nuint count, long at)
    {
        nuint done = 0;
        while (true)
        {
            long result = Once(fd, start + done, count - done, at < 0 ? at : at + (long)done);
            if (result == -Errno.EINTR && _manner == CallManner.ClassLibrary)
            {
                continue;
            }

            if (result < 0)
            {
                return done > 0 && _manner == CallManner.Import ? (long)done : result;
            }

            done += (nuint)result;
            if (result == 0 || done == count || !(_isWrite && _manner == CallManner.ClassLibrary))
            {
                return (long)done;
            }
        }
    }

    /// <summary>
    /// Transfers what the kernel can without waiting. Answers the call's result, or <see cref="NotCompleted"/> with what was
    /// <paramref name="done"/>, for the call to go on with the rest.
    /// </summary>
    private long AttemptNoWait(int fd, HandleFacts facts, byte* start, nuint count, long at, ref long done)
    {
        nuint wanted = nuint.Min(count, Syscalls.MaxTransfer);
        while (true)
        {
            byte* next = start + done;
            nuint left = wanted - (nuint)done;
            long offset = at < 0 ? at : at + done;
            nint result = _isWrite ? Syscalls.WriteNoWait(fd, next, left, offset) : Syscalls.ReadNoWait(fd, next, left, offset);
            if (result < 0)
            {
                return Refused(-result, facts, done);
            }

            done += result;
            bool complete = (nuint)done == wanted && (wanted == count || !_isWrite || _manner == CallManner.Import);

            // A short read of a stream is its result. A short one of a file is not: pread would have waited for the rest, so it goes on,
            // and the end of the file, which the next attempt finds, needs no waiting.
            if (complete || result == 0 || (!_isWrite && facts.Kind == HandleKind.Stream))
            {
                return done;
            }
        }
    }

    private long Refused(nint errno, HandleFacts facts, long done)
    {
        switch (errno)
        {
            case Errno.EOPNOTSUPP:
                facts.RefusesNoWait = true;
                return NotCompleted;
            case Errno.EAGAIN or Errno.EINTR or Errno.ENOSYS:
                return NotCompleted;
            case Errno.ESPIPE or Errno.ENXIO when _manner == CallManner.ClassLibrary:
                // The class library goes on without an offset; the record knows how.
                return NotCompleted;
            default:
                return done > 0 && !(_isWrite && _manner == CallManner.ClassLibrary) ? done : -errno;
        }
    }

    private long Once(int fd, byte* start, nuint count, long at)
    {
        nuint length = nuint.Min(count, Syscalls.MaxTransfer);
        return (_isWrite, at < 0) switch
        {
            (false, true) => Syscalls.Read(fd, start, length),
            (false, false) => Syscalls.PRead(fd, start, length, at),
            (true, true) => Syscalls.Write(fd, start, length),
            (true, false) => Syscalls.PWrite(fd, start, length, at),
        };
    }
}

/// <summary>A call that was started: in flight, or completed inline with a result (≥ 0, or −errno) or an exception.</summary>
internal readonly struct Started
{
    public Started(long result, Exception? error)
    {
        Result = result;
        Error = error;
    }

    public Started(IoCall call) => Call = call;

    public IoCall? Call { get; }

    public long Result { get; }

    public Exception? Error { get; }
}
