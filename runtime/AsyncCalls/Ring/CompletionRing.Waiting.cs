using System.Diagnostics;
using AsyncCalls.Ring;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls;

/// <summary>Waiting for events: by a blocking reap, or by a handle that an event loop watches.</summary>
public sealed unsafe partial class CompletionRing
{
    /// <summary>
    /// Takes at least <paramref name="min"/> events, waiting for them, and as many more as there are and fit. When the time is up, the token fires or the
    /// producer has gone, it returns what there is. It takes nothing before it returns: what a waiter waits for stays open to others.
    /// </summary>
    /// <param name="events">Where they go.</param>
    /// <param name="min">How many to wait for; 0 does not wait.</param>
    /// <param name="timeout">How long to wait; <see cref="Timeout.InfiniteTimeSpan"/> without limit.</param>
    /// <param name="cancellationToken">Interrupts the waiting.</param>
    /// <returns>How many were taken.</returns>
    /// <exception cref="OperationCanceledException">The token fired, and there was nothing to return.</exception>
    /// <exception cref="ObjectDisposedException">The ring was disposed, and there was nothing to return.</exception>
    /// <exception cref="InvalidDataException">The ring is broken, and there was nothing to return.</exception>
    /// <exception cref="InvalidOperationException">This process joined the ring without a wake handle, and cannot wait.</exception>
    public int Reap(Span<CompletionEvent> events, int min, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Reap(events, min, timeout, isOver: null, cancellationToken);

    /// <summary>As the other, and returns what there is when <paramref name="isOver"/> says so: whoever changes its answer calls <see cref="WakeSleepers"/>.</summary>
    internal int Reap(Span<CompletionEvent> events, int min, TimeSpan timeout, Func<bool>? isOver, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(min);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(min, events.Length);
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, "A time to wait is not negative.");
        }

        long start = Stopwatch.GetTimestamp();
        int taken = IsReady(min) ? Reap(events) : 0;
        if (taken >= min)
        {
            return taken;
        }

        SleepGate gate;
        try
        {
            gate = GetGate();
        }
        catch (InvalidOperationException) when (taken > 0)
        {
            // It cannot wait, or was disposed; what was taken is not lost.
            return taken;
        }

        using CancellationTokenRegistration registration =
            cancellationToken.UnsafeRegister(static state => ((SleepGate)state!).Wake(), gate);
        while (true)
        {
            TimeSpan left = timeout == Timeout.InfiniteTimeSpan ? timeout : timeout - Stopwatch.GetElapsedTime(start);
            int generation = gate.Generation;
            bool over = IsBroken || IsClosed || isOver?.Invoke() == true || cancellationToken.IsCancellationRequested || (left <= TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan);
            if (over || !TryArm(min - taken))
            {
                taken += Take(events[taken..]);
                if (over || taken >= min)
                {
                    ThrowIfNothing(taken, min, cancellationToken);
                    return taken;
                }

                continue;
            }

            gate.Sleep(generation, left);
        }
    }

    /// <summary>
    /// A descriptor that becomes readable when the number of events that a consumer asked for (<see cref="TryArm"/>) is there: for epoll, poll or io_uring. It is
    /// made on first use: until then nobody pays for it. A hint: it may come early, never too late; read it to reset it, arm, look again, and then
    /// wait. It belongs to the ring, and to one waiter.
    /// </summary>
    /// <exception cref="IOException">The kernel has no descriptor to give (EMFILE, ENFILE, ENOMEM).</exception>
    /// <exception cref="ObjectDisposedException">The ring was disposed.</exception>
    public SafeFileHandle GetHandle()
    {
        lock (_setup)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _handle ??= CreateWakeHandle();
        }
    }

    /// <summary>
    /// Another such descriptor, for another waiter. Each has its own: whoever resets one that others share takes the wake-up away from them. Dispose it when the waiter
    /// has gone. Another process gets one from <see cref="SendTo"/>, which it cannot use to hold up this one; this one can be passed to a process that is trusted.
    /// </summary>
    /// <inheritdoc cref="GetHandle"/>
    public SafeFileHandle CreateWakeHandle()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        SafeFileHandle handle = GetWaker().CreateHandle();

        // A consumer that armed before there was a handle was not signalled through it.
        _producer?.WakeIfReached();
        return handle;
    }

    /// <summary>
    /// The descriptor that a consumer in another process signals when it has made room in a ring that overflowed. This process listens to it and
    /// moves in what waits. It belongs to the ring.
    /// </summary>
    /// <inheritdoc cref="GetHandle"/>
    public SafeFileHandle GetDoorbell()
    {
        lock (_setup)
        {
            CheckOwner();
            if (_doorbell is null)
            {
                if (!OperatingSystem.IsLinux())
                {
                    throw new PlatformNotSupportedException("Rings that processes share need Linux.");
                }

                (SafeFileHandle listener, SafeFileHandle doorbell) = RingWaker.MakePipe();
                DoorbellWatcher.Watch(listener, _producer!);
                (_doorbellListener, _doorbell) = (listener, doorbell);
            }

            return _doorbell;
        }
    }

    /// <summary>
    /// Asks for a wake-up when <paramref name="count"/> events are there, or as many as the ring holds. False: they are there already, or none will come: do not
    /// sleep. The request may wake others too, and ends with the first wake-up.
    /// </summary>
    public bool TryArm(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        if (!TryEnter())
        {
            return false;
        }

        try
        {
            return _consumer.TryArm(count);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>
    /// Wakes all who sleep, to look again. The lock orders this after a change that the caller made: a waiter that makes the place to sleep later sees that change.
    /// </summary>
    internal void WakeSleepers()
    {
        lock (_setup)
        {
            _waker?.Wake();
        }
    }

    private bool IsReady(int count)
    {
        if (!TryEnter())
        {
            return true;
        }

        bool ready = _consumer.IsReady(count);
        Leave();
        return ready;
    }

    private void ThrowIfNothing(int taken, int min, CancellationToken cancellationToken)
    {
        if (taken > 0 || min == 0)
        {
            return;
        }

        if (BrokenReason is not null)
        {
            throw _consumer.Broken();
        }

        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private SleepGate GetGate()
    {
        if (Volatile.Read(ref _gate) is { } gate)
        {
            return gate;
        }

        if (_producer is null)
        {
            throw new InvalidOperationException("This process joined the ring without a wake handle: it cannot wait for events.");
        }

        gate = GetWaker().Gate;
        Volatile.Write(ref _gate, gate);
        return gate;
    }

    private RingWaker GetWaker()
    {
        lock (_setup)
        {
            CheckOwner();
            if (_waker is null)
            {
                _waker = new RingWaker();
                if (TryEnter())
                {
                    _consumer.Announce();
                    Leave();
                }

                _producer!.SetWaker(_waker);
            }

            return _waker;
        }
    }

    private void CheckOwner()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_producer is null)
        {
            throw new InvalidOperationException("Only the process that made a ring makes handles for it.");
        }
    }
}
