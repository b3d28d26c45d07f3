using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AsyncCalls.Stress.Fixtures;
using AsyncCalls.Stress.Running;

namespace AsyncCalls.Stress.Proofs;

/// <summary>
/// One read of a pipe after the other, each of which is cancelled while its data may arrive. Counts the completions of each and finds out where the data went.
/// </summary>
/// <remarks>
/// The driver starts a read, has it cancelled and sends to it on two threads, waits for its completion, and then calls <see cref="Check"/>. Completions come from threads of the
/// runtime (twins) or from the driver (blocks of the context); each is counted by an interlocked increment, and signals the driver's countdown only the first time.
/// </remarks>
internal sealed class RacingRead : IDisposable
{
    private readonly ProofRun _run;
    private readonly AsyncCallRuntime _runtime;
    private readonly AsyncCallContext _context;
    private readonly CountdownEvent _pending;
    private readonly Action _continuation;
    private readonly Pipe _pipe = new();
    private readonly CountedMemory? _counted;
    private readonly Memory<byte> _buffer;
    private readonly HandleLease _lease;
    private readonly BufferLease _pin;
    private CancellationTokenSource? _cancel;
    private ValueTaskAwaiter<nint> _awaiter;
    private CallId _id;
    private CancelOutcome? _answer;
    private long _serial;
    private int _started;
    private int _completions;
    private long _result;
    private bool _cancelled;
    private bool _sent;

    public RacingRead(ProofRun run, AsyncCallRuntime runtime, AsyncCallContext context, CountdownEvent pending, bool counted)
    {
        _run = run;
        _runtime = runtime;
        _context = context;
        _pending = pending;
        _continuation = Complete;
        _counted = counted ? new CountedMemory(Pipe.MessageBytes) : null;
        _buffer = _counted?.Memory ?? new byte[Pipe.MessageBytes];
        _lease = context.Lease(_pipe.Reader);
        _pin = context.Pin(_buffer);
    }

    public CancelWay Way { get; private set; }

    /// <summary>Whether the read is a block of the context, whose completion is an event.</summary>
    public bool IsSubmitted => Way is CancelWay.Id or CancelWay.IdAndWait or CancelWay.Context;

    private bool WillGetData { get; set; }

    public void Start(CancelWay way, bool willGetData, ulong cookie)
    {
        Way = way;
        WillGetData = willGetData;
        _serial = Pipe.NextSerial();
        _answer = null;
        _sent = false;
        _completions = 0;
        _started++;
        _buffer.Span.Clear();
        if (IsSubmitted)
        {
            Iocb read = Iocb.Read(_lease, _pin, Pipe.MessageBytes);
            read.Cookie = cookie;
            _id = _context.Submit(read);
            return;
        }

        _cancel = way == CancelWay.Token ? new CancellationTokenSource() : null;
        _awaiter = Libc.readAsync(_pipe.Reader, _buffer, Pipe.MessageBytes, runtime: _runtime, cancellationToken: _cancel?.Token ?? default).GetAwaiter();
        _awaiter.UnsafeOnCompleted(_continuation);
    }

    /// <summary>Sends its data, if it is to get any.</summary>
    public void Send()
    {
        if (WillGetData)
        {
            _sent = true;
            _pipe.Send(_serial);
        }
    }

    /// <summary>Cancels it in its way. Those of the context are cancelled by the first of them.</summary>
    public void Cancel(bool first)
    {
        switch (Way)
        {
            case CancelWay.Token:
                _cancel!.Cancel();
                break;
            case CancelWay.Id:
                _answer = _context.Cancel(_id);
                break;
            case CancelWay.IdAndWait:
                _answer = _context.Cancel(_id, ProofRun.Limit);
                break;
            case CancelWay.Handle:
                _runtime.Cancel(_pipe.Reader);
                break;
            case CancelWay.Context when first:
                _context.CancelAll();
                break;
        }
    }

    /// <summary>Its event, which the driver has reaped.</summary>
    public void Complete(in CompletionEvent completion)
    {
        _run.Require(completion.CallId == _id.Value, $"An event has the id {completion.CallId} where {_id.Value} was submitted.");
        Complete(completion.Result, completion.Result == -Errors.Cancelled);
    }

    /// <summary>What must be true of it now.</summary>
    public void Check(bool contextWasCancelled)
    {
        _cancel?.Dispose();
        _run.Require(_completions == 1, $"A read cancelled by {Way} had {_completions} completions.");
        long? left = _pipe.Take();
        string how = $"A read cancelled by {Way} (answer {_answer?.ToString() ?? "none"})";
        if (_cancelled)
        {
            _run.Note("cancelled");
            _run.Require(Way != CancelWay.Nobody, "A read that nobody cancelled ended as cancelled.");
            _run.Require(left == (_sent ? _serial : null), $"{how} ended as cancelled; its pipe has {left}, sent was {(_sent ? _serial : null)}.");
        }
        else if (_result == Pipe.MessageBytes)
        {
            _run.Note("delivered");
            _run.Require(_sent && Pipe.SerialIn(_buffer.Span) == _serial, $"{how} got {Pipe.SerialIn(_buffer.Span)} where {_serial} was sent.");
            _run.Require(left is null, $"{how} got its data, and its pipe has {left} as well.");
        }
        else
        {
            _run.Violation($"{how} answered {_result} ({(_result < 0 ? Marshal.GetPInvokeErrorMessage((int)-_result) : "short")}).");
        }

        if (_answer is { } answer)
        {
            _run.Note($"answers {answer}");
            _run.Require(answer != CancelOutcome.Cancelled || _cancelled, $"{how} was not cancelled.");
            _run.Require(answer != CancelOutcome.NotPossible, $"{how}: a read of a pipe can be cancelled.");
            if (Way == CancelWay.IdAndWait)
            {
                _run.Require(answer != CancelOutcome.InProgress, $"{how} had not ended.");
                _run.Require(answer != CancelOutcome.NotFound || !_cancelled || contextWasCancelled, $"{how} was cancelled all the same.");
            }
        }
    }

    public override string ToString() => $"read {_started} of a pipe, cancelled by {Way}, answer {_answer?.ToString() ?? "none"}, {(_sent ? "sent to" : "not sent to")}, {_completions} completions";

    public void Dispose()
    {
        _lease.Dispose();
        _pin.Dispose();
        _pipe.Dispose();
        if (_counted is not null)
        {
            _run.Require(SpinWait.SpinUntil(() => _counted.Pins == 0, ProofRun.Limit), $"A buffer has {_counted.Pins} pins left.");
            ((IDisposable)_counted).Dispose();
        }
    }

    private void Complete()
    {
        try
        {
            nint result = _awaiter.GetResult();
            Complete(result < 0 ? -Marshal.GetLastPInvokeError() : result, cancelled: false);
        }
        catch (OperationCanceledException)
        {
            Complete(0, cancelled: true);
        }
        catch (Exception exception)
        {
            _run.Violation($"A read threw {exception.GetType().Name}: {exception.Message}");
            Complete(0, cancelled: true);
        }
    }

    private void Complete(long result, bool cancelled)
    {
        _result = result;
        _cancelled = cancelled;
        if (Interlocked.Increment(ref _completions) == 1)
        {
            _pending.Signal();
        }
    }
}
