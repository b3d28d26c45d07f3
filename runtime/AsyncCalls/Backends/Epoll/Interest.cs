using AsyncCalls.Calls;

namespace AsyncCalls.Backends.Epoll;

/// <summary>A call that waits until its handle is ready.</summary>
internal struct Waiter
{
    public IoCall Call;
    public ReadinessForm Form;

    /// <summary>What it waits for.</summary>
    public uint Events;

    /// <summary>How often in a row its handle was said to be ready and it would have waited all the same.</summary>
    public int Futile;
}

/// <summary>
/// All calls that wait for one descriptor, in the order in which they came. epoll has one registration for each number and file, so they share it: it tells of what any of them waits for. Pooled;
/// the own of the thread that pumps.
/// </summary>
internal sealed class Interest
{
    private Waiter[] _waiters = new Waiter[2];

    public int Fd { get; set; }

    public int Count { get; private set; }

    /// <summary>Whether the descriptor is registered.</summary>
    public bool IsRegistered { get; set; }

    /// <summary>What the registration tells of; 0 when it has told, and says nothing until it is modified.</summary>
    public uint Armed { get; set; }

    public ref Waiter this[int index] => ref _waiters[index];

    /// <summary>What the waiting calls wait for, together.</summary>
    public uint Wanted
    {
        get
        {
            uint events = 0;
            for (int i = 0; i < Count; i++)
            {
                events |= _waiters[i].Events;
            }

            return events;
        }
    }

    public void Add(in Waiter waiter)
    {
        if (Count == _waiters.Length)
        {
            Array.Resize(ref _waiters, Count * 2);
        }

        _waiters[Count++] = waiter;
    }

    public void RemoveAt(int index)
    {
        Count--;
        Array.Copy(_waiters, index + 1, _waiters, index, Count - index);
        _waiters[Count] = default;
    }

    /// <summary>Where a call is; −1: nowhere.</summary>
    public int IndexOf(Call call)
    {
        for (int i = 0; i < Count; i++)
        {
            if (ReferenceEquals(_waiters[i].Call, call))
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Whether a call waits whose turn comes before another one's that waits for the same.</summary>
    public bool HasEarlier(ReadinessForm form)
    {
        for (int i = 0; i < Count; i++)
        {
            if (form.IsOrdered && _waiters[i].Form.Events == form.Events)
            {
                return true;
            }
        }

        return false;
    }
}
