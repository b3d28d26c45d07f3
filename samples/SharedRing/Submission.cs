using AsyncCalls;

namespace SharedRing;

/// <summary>Reads all files, so many calls at a time.</summary>
internal sealed class Submission(AsyncCallContext context, int inFlight, int bufferBytes)
{
    public int Files { get; private set; }

    public int Unreadable { get; private set; }

    public long Reads { get; private set; }

    public long Bytes { get; private set; }

    /// <param name="paths">The files; the first has number 1.</param>
    /// <param name="goesOn">Asked now and then; false ends the work.</param>
    public void Run(IEnumerable<string> paths, Func<bool> goesOn)
    {
        FileSlot[] slots = [.. Enumerable.Range(0, inFlight).Select(_ => new FileSlot(context, bufferBytes))];
        using IEnumerator<string> path = paths.GetEnumerator();
        var blocks = new List<Iocb>();
        var waiting = new List<FileSlot>();
        var busy = new List<FileSlot>();
        bool more = true;
        do
        {
            foreach (FileSlot slot in slots)
            {
                while (more && slot.IsFree && (more = path.MoveNext()))
                {
                    TryOpen(slot, path.Current);
                }

                if (!slot.IsFree && !busy.Contains(slot))
                {
                    waiting.Add(slot);
                    blocks.Add(slot.NextRead());
                }
            }

            Submit(blocks, waiting, busy);
            Await(busy);
        }
        while (busy.Count > 0 && goesOn() || more);

        Array.ForEach(slots, static slot => slot.Dispose());
    }
}
