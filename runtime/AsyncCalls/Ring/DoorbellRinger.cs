using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Ring;

/// <summary>Asks the process that owns a ring to move in what waits there. Without a doorbell that happens when it publishes next.</summary>
internal sealed class DoorbellRinger(SafeFileHandle? doorbell) : IOverflowOwner, IDisposable
{
    public bool Refill()
    {
        if (doorbell is not null)
        {
            RingWaker.Signal(doorbell);
        }

        return false;
    }

    public void OnBroken(string reason)
    {
        // The owner finds out by itself: it believes no consumer.
    }

    public void Dispose() => doorbell?.Dispose();
}
