using System.Diagnostics;
using AsyncCalls.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Ring;

/// <summary>
/// Where threads of this process sleep until a ring's producer wakes them: all of them at each wake-up, since one wake target speaks for all.
/// </summary>
/// <remarks>
/// <para><b>The generation</b> grows with each wake-up. A sleeper reads it, arms the wake target, and sleeps only while it is unchanged: a
/// wake-up in between is not missed.</para>
/// <para><b>Another process's producer</b> signals a descriptor. One sleeper at a time polls it, for all: it resets the
/// descriptor, then lets the generation grow, so that a signal is either seen by the next who polls or came before the
/// generation that everyone looks at again. The others wait for the generation, or for the place at the descriptor.</para>
/// </remarks>
internal sealed class SleepGate : IDisposable
{
    private readonly object _sync = new();

    /// <summary>The descriptor that the producer signals, and one of this process that interrupts who polls it. Null: the producer calls <see cref="Wake"/>.</summary>
    private readonly SafeFileHandle? _signal;

    private readonly SafeFileHandle? _interrupt;
    private int _generation;
    private bool _polling;
    private volatile bool _isOver;

    public SleepGate()
    {
    }

    public SleepGate(SafeFileHandle signal)
    {
        int fd = Syscalls.EventFd(nonBlocking: true);
        _interrupt = fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw RingMemory.Failure("No event descriptor could be made", -fd);
        _signal = signal;
    }

    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Whether nobody signals the descriptor any more: the process that did has ended, or has closed its end.</summary>
    public bool IsOver => _isOver;

    /// <summary>Wakes every sleeper, to look again.</summary>
    public void Wake()
    {
        lock (_sync)
        {
            WakeLocked();
            if (_polling && !_interrupt!.IsClosed)
            {
                Syscalls.Signal((int)_interrupt.DangerousGetHandle());
            }
        }
    }

    /// <summary>Sleeps until the generation is another, or the time is up. It may end early.</summary>
    public void Sleep(int generation, TimeSpan timeout)
    {
        long start = Stopwatch.GetTimestamp();
        lock (_sync)
        {
            while (_generation == generation)
            {
                int leftMs = LeftMs(timeout, start);
                if (leftMs == 0)
                {
                    return;
                }

                if (_signal is null || _polling)
                {
                    Monitor.Wait(_sync, leftMs);
                }
                else
                {
                    Poll(leftMs);
                }
            }
        }
    }

    /// <summary>Closes the descriptors, as soon as nobody polls them.</summary>
    public void Dispose()
    {
        lock (_sync)
        {
            _signal?.Dispose();
            _interrupt?.Dispose();
        }
    }

    private void Poll(int timeoutMs)
    {
        bool signalHeld = false;
        bool interruptHeld = false;
        _polling = true;
        Monitor.Exit(_sync);
        try
        {
            _signal!.DangerousAddRef(ref signalHeld);
            _interrupt!.DangerousAddRef(ref interruptHeld);
            int signal = (int)_signal.DangerousGetHandle();
            int interrupt = (int)_interrupt.DangerousGetHandle();

            // EINTR, and every other end: look again.
            _ = Syscalls.PollReadable([signal, interrupt], timeoutMs);
            Syscalls.TakeSignal(signal, out bool isOver);
            Syscalls.TakeSignal(interrupt, out _);
            _isOver |= isOver;
        }
        catch (ObjectDisposedException)
        {
            // The ring was disposed; the sleepers look and see it.
        }
        finally
        {
            if (signalHeld)
            {
                _signal!.DangerousRelease();
            }

            if (interruptHeld)
            {
                _interrupt!.DangerousRelease();
            }

            Monitor.Enter(_sync);
            _polling = false;
            WakeLocked();
        }
    }

    private void WakeLocked()
    {
        _generation++;
        Monitor.PulseAll(_sync);
    }

    /// <summary>Rounded up, so that nobody wakes before time; −1 without limit.</summary>
    private static int LeftMs(TimeSpan timeout, long start)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return -1;
        }

        double left = (timeout - Stopwatch.GetElapsedTime(start)).TotalMilliseconds;
        return (int)Math.Clamp(Math.Ceiling(left), 0, int.MaxValue);
    }
}
