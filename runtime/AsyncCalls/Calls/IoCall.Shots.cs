namespace AsyncCalls.Calls;

/// <summary>Who takes what a call gives before it ends.</summary>
internal interface IShotSink
{
    /// <summary>Takes a result, in order. On the thread that pumps: it does not wait, and runs nobody's code.</summary>
    /// <param name="result">≥ 0, or −errno.</param>
    /// <param name="flags">The kernel's flags of the completion: which buffer it filled.</param>
    /// <returns>Whether someone waits and is to be resumed by <see cref="ResumeWaiting"/>.</returns>
    bool Take(long result, uint flags);

    /// <summary>Resumes who waits, if there is something for him. Where continuations run; too often does no harm.</summary>
    void ResumeWaiting();
}

/// <summary>How a call of a sink ended.</summary>
/// <param name="Result">≥ 0, or −errno.</param>
/// <param name="Flags">The kernel's flags of its completion.</param>
/// <param name="Cancellation">Why, if someone asked for the end and that is what ended it.</param>
internal readonly record struct ShotEnd(long Result, uint Flags, Exception? Cancellation);

/// <summary>
/// Multishot requests: the kernel gives results (completions with <c>IORING_CQE_F_MORE</c>) before the one that ends the call. The call is Running all the while, keeps slot, lease and memory,
/// and ends once, as every other. Of a block each result is an event; of a stream it goes to its sink.
/// </summary>
internal sealed unsafe partial class IoCall
{
    /// <summary>The flags of an event that announces no result: who waits for results of the call is to be resumed. No user ever sees one.</summary>
    public const CompletionFlags WaitingHint = (CompletionFlags)(1u << 31);

    /// <summary>Whether the kernel may give more than one result.</summary>
    public bool IsMultishot => (_iocb.Flags & IocbFlags.Multishot) != 0;

    /// <summary>Whether the kernel chooses the buffer of each result, from <see cref="BufferGroup"/>.</summary>
    public bool SelectsBuffer => ExistingRareParts is { SelectsBuffer: true };

    /// <summary>The group of provided buffers.</summary>
    public ushort BufferGroup => RareParts.BufferGroup;

    /// <summary>The result of a call whose memory the kernel has not let go of yet; null: it has none so far.</summary>
    public int? Kept
    {
        get => ExistingRareParts?.Kept;
        set
        {
            if (value is not null || ExistingRareParts is not null)
            {
                RareParts.Kept = value;
            }
        }
    }

    /// <summary>The kernel's flags of the completion that ended the call.</summary>
    public uint CompletedFlags { get; set; }

    public override bool IsToEnd => IsCancelRequested || ExistingRareParts is { Stopped: true };

    /// <summary>Names who takes the results. Before the call is started.</summary>
    public void SetSink(IShotSink sink) => RareParts.Sink = sink;

    /// <summary>Lets the kernel give results until it is told to stop.</summary>
    public void MakeMultishot() => _iocb.Flags |= IocbFlags.Multishot;

    /// <summary>Lets the kernel choose buffers.</summary>
    public void SelectBuffers(ushort group)
    {
        RareParts.SelectsBuffer = true;
        RareParts.BufferGroup = group;
    }

    /// <summary>
    /// Has the backend end the call, which nobody cancels: it completes with −ECANCELED, or with what it has. By the sink, as long as it has not taken the end.
    /// </summary>
    public void Stop()
    {
        RareParts.Stopped = true;
        _ = Carrier?.Cancel(this, Epoch);
    }

    /// <summary>Takes a result that is not the last one. True: <paramref name="shot"/> is to be published.</summary>
    public bool TakeShot(long result, uint flags, out CompletionEvent shot)
    {
        if (Sink is not { } sink)
        {
            shot = new CompletionEvent { Cookie = _iocb.Cookie, Result = result, Flags = CompletionFlags.More, Operation = (uint)Operation, CallId = Id };
            return true;
        }

        shot = new CompletionEvent { Flags = WaitingHint, CallId = Id };
        return sink.Take(result, flags);
    }

    /// <summary>Resumes who waits for a result of this call; whoever that is by now.</summary>
    public void ResumeWaiting()
    {
        try
        {
            Sink?.ResumeWaiting();
        }
        catch (Exception exception)
        {
            Rethrow(exception);
        }
        finally
        {
            CleanThread.Restore();
        }
    }

    /// <summary>Takes the end of a call of a sink and gives the record back. Once, by its continuation.</summary>
    public ShotEnd TakeEnd()
    {
        var end = new ShotEnd(Result, CompletedFlags, WasCancelled && IsCancelRequested ? Cancellation() : null);
        Recycle();
        return end;
    }

    private IShotSink? Sink => ExistingRareParts?.Sink;
}
