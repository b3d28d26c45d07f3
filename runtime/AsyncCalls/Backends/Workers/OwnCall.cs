namespace AsyncCalls.Backends.Workers;

/// <summary>
/// The call that a worker started itself, in a continuation, and makes next: it passes no queue, which all workers share. Also a few in a row, as loops make them.
/// </summary>
/// <remarks>
/// <para><b>Fairness.</b> After <see cref="RowMax"/> of its own, or when the row has lasted a tick of the watchdog, the next one goes to the queue, and the worker takes what is oldest there. Nothing is
/// kept while another worker looks for work.</para>
/// <para><b>A worker that does not come back</b> from its continuation keeps nothing for long: the watchdog, the only other one who takes, puts what it sees twice into the queue.</para>
/// <code>
///   Empty ──owner writes──► Full ──owner or watchdog, by swap──► Taking ──the same──► Empty
/// </code>
/// </remarks>
internal sealed class OwnCall
{
    /// <summary>The measure: at 16 a row costs 6 % of what it saves.</summary>
    private const int RowMax = 16;

    private const int Empty = 0;
    private const int Full = 1;
    private const int Taking = 2;

    private WorkEntry _entry;
    private int _state;

    // The owner's.
    private int _row;
    private int _rowSince;

    /// <summary>How many have been kept; written by the owner.</summary>
    private int _kept;

    // The watchdog's.
    private int _keptSeen = -1;

    /// <summary>Keeps a call for this worker. False: it is not its turn. By the owner.</summary>
    public bool TryKeep(in WorkEntry entry, int now)
    {
        if (Volatile.Read(ref _state) != Empty || _row == RowMax || (_row > 0 && _rowSince != now))
        {
            return false;
        }

        if (_row == 0)
        {
            _rowSince = now;
        }

        _entry = entry;
        Volatile.Write(ref _kept, _kept + 1);
        Volatile.Write(ref _state, Full);
        return true;
    }

    /// <summary>Takes the call that was kept. By the owner.</summary>
    public bool TryTake(out WorkEntry entry)
    {
        if (!TryEmpty(out entry))
        {
            return false;
        }

        _row++;
        return true;
    }

    /// <summary>Ends the row: the worker has looked at the queues. By the owner.</summary>
    public void EndRow() => _row = 0;

    /// <summary>Takes the call if it was kept when the watchdog looked the last time already. By the watchdog.</summary>
    /// <param name="entry">The call.</param>
    /// <param name="isFull">Whether one is kept.</param>
    public bool TryTakeOverdue(out WorkEntry entry, out bool isFull)
    {
        int kept = Volatile.Read(ref _kept);
        bool overdue = kept == _keptSeen;
        _keptSeen = kept;
        entry = default;
        isFull = Volatile.Read(ref _state) == Full;
        return isFull && overdue && TryEmpty(out entry);
    }

    private bool TryEmpty(out WorkEntry entry)
    {
        entry = default;
        if (Volatile.Read(ref _state) != Full || Interlocked.CompareExchange(ref _state, Taking, Full) != Full)
        {
            return false;
        }

        entry = _entry;
        _entry = default;
        Volatile.Write(ref _state, Empty);
        return true;
    }
}
