using System.Diagnostics;

namespace AsyncCalls.Calls;

/// <summary>Who ends calls whose time is up, where their backend does not do it itself.</summary>
internal interface IDeadlineKeeper
{
    /// <summary>Forgets a call that has ended, if it still has it. Any thread.</summary>
    void Remove(Call call);
}

/// <summary>Deadlines: set while the call is prepared, kept by its backend (a linked timeout) or by a timer of the runtime.</summary>
internal abstract partial class Call
{
    /// <summary>The longest timeout, as of the class library's timers: 2³² − 2 milliseconds, about 49 days.</summary>
    public static readonly TimeSpan LongestTimeout = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>The call's place in the wheel of its <see cref="Timer"/>, under whose lock it is used.</summary>
    public ref WheelPlace WheelPlace => ref RareParts.WheelPlace;

    /// <summary>When the time of the call is up, as <see cref="Stopwatch.GetTimestamp"/> counts (CLOCK_MONOTONIC); 0: never.</summary>
    public long Deadline => _rareParts?.Deadline ?? 0;

    /// <summary>The time that the call was given, where <see cref="Deadline"/> is not 0.</summary>
    public TimeSpan Timeout => _rareParts?.Timeout ?? default;

    /// <summary>Who keeps the deadline; null while nobody does: there is none, or the backend keeps it.</summary>
    public IDeadlineKeeper? Timer
    {
        get => _rareParts?.Timer;
        set => RareParts.Timer = value;
    }

    /// <summary>Gives the call a time, from now on. Before it is started.</summary>
    /// <param name="timeout">More than zero and at most <see cref="LongestTimeout"/>.</param>
    public void SetTimeout(TimeSpan timeout)
    {
        RareParts.Timeout = timeout;
        RareParts.Deadline = Stopwatch.GetTimestamp() + (long)(timeout.TotalSeconds * Stopwatch.Frequency);
    }

    private void ForgetDeadline()
    {
        if (_rareParts is { } parts)
        {
            parts.Deadline = 0;
            parts.Timer = null;
        }
    }

    /// <summary>Whether a timeout is one: more than zero and at most <see cref="LongestTimeout"/>.</summary>
    public static bool IsTimeout(TimeSpan timeout) => timeout > TimeSpan.Zero && timeout <= LongestTimeout;
}
