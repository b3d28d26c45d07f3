namespace EpollLoop;

/// <summary>The counts of the status line. Written and read by the thread of the loop only.</summary>
internal sealed class Tally
{
    public int Connections { get; set; }

    public long Files { get; set; }

    public long Refused { get; set; }

    public long Bytes { get; set; }
}
