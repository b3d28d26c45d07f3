using System.Runtime.InteropServices;
using AsyncCalls;

namespace SharedRing;

/// <summary>Reads files from their start to their end, with a bounded number of calls in flight.</summary>
internal sealed class Submission : IDisposable
{
    /// <summary>How often it looks after the consumer while nothing completes.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly AsyncCallContext _context;
    private readonly FileSlot[] _slots;
    private readonly Stack<FileSlot> _free;
    private readonly List<FileSlot> _waiting = [];
    private readonly List<FileSlot> _busy = [];

    public Submission(AsyncCallContext context, int inFlight, int bufferBytes)
    {
        _context = context;
        _slots = [.. Enumerable.Range(0, inFlight).Select(_ => new FileSlot(context, bufferBytes))];
        _free = new Stack<FileSlot>(_slots);
    }

    public int Files { get; private set; }

    public int Unreadable { get; private set; }

    public long Reads { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Reads all of the files; the first has number 1.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="goesOn">Asked now and then; false ends the work early.</param>
    public void Run(IEnumerable<string> paths, Func<bool> goesOn)
    {
        using IEnumerator<string> path = paths.GetEnumerator();
        bool more = true;
        while (goesOn())
        {
            while (_free.Count > 0 && (more = more && path.MoveNext()))
            {
                Open(path.Current);
            }

            if (_free.Count == _slots.Length)
            {
                return;
            }

            Submit();
            Await();
        }
    }

    public void Dispose() => Array.ForEach(_slots, static slot => slot.Dispose());

    private void Open(string path)
    {
        Files++;
        try
        {
            _free.Peek().Open(path, (ulong)Files);
            _waiting.Add(_free.Pop());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Report(path, exception.Message);
        }
    }

    /// <summary>Submits what waits, with one entry of the kernel. What is not accepted waits on.</summary>
    private void Submit()
    {
        Iocb[] blocks = [.. _waiting.Select(static slot => slot.NextRead())];
        var ids = new CallId[blocks.Length];
        int accepted = _context.Submit(blocks, ids);
        for (int i = 0; i < accepted; i++)
        {
            _waiting[i].Id = ids[i];
            _busy.Add(_waiting[i]);
        }

        _waiting.RemoveRange(0, accepted);
        Reads += accepted;
    }

    /// <summary>Waits for one call, and takes what has completed by then. It takes no event: they are the other process's.</summary>
    private void Await()
    {
        if (_busy.Count == 0)
        {
            return;
        }

        _context.WaitAny([.. _busy.Select(static slot => slot.Id)], Interval);
        foreach (FileSlot slot in _busy.FindAll(static slot => slot.IsCompleted))
        {
            string path = slot.Path;
            long result = slot.Take();
            if (result < 0)
            {
                Report(path, Marshal.GetPInvokeErrorMessage((int)-result));
            }

            Bytes += Math.Max(0, result);
            _busy.Remove(slot);
            if (slot.IsFree)
            {
                _free.Push(slot);
            }
            else
            {
                _waiting.Add(slot);
            }
        }
    }

    private void Report(string path, string reason)
    {
        Unreadable++;
        Console.Error.WriteLine($"SharedRing: {path}: {reason}");
    }
}
