namespace AsyncCalls.Runtime.Tests.Interleaving;

/// <summary>One thread of a scenario: what it waits for, and the stores that nobody else sees yet.</summary>
internal sealed unsafe class Strand(Interleaver interleaver, int number)
{
    private readonly List<(nint Address, int Bytes, CompletionEvent Value)> _buffer = [];

    public Interleaver Interleaver { get; } = interleaver;

    public int Number { get; } = number;

    public Action? Body { get; private set; }

    public SemaphoreSlim Turn { get; } = new(0);

    public bool HasEnded { get; set; }

    /// <summary>What has to be true before it goes on; null: it can.</summary>
    public Func<bool>? WaitsFor { get; set; }

    public string WaitsForWhat { get; set; } = "";

    public bool CanRun => !HasEnded && (WaitsFor is null || WaitsFor());

    public int Buffered => _buffer.Count;

    public string State => HasEnded ? "ended" : WaitsFor is null ? "can run" : $"waits for {WaitsForWhat}";

    public void Reset(Action? body)
    {
        Body = body;
        HasEnded = false;
        WaitsFor = null;
        _buffer.Clear();
    }

    /// <summary>Lets others go on until a condition holds, and this thread is chosen.</summary>
    public void WaitFor(Func<bool> condition, string what)
    {
        WaitsFor = condition;
        WaitsForWhat = what;
        Interleaver.Yield(this);
        WaitsFor = null;
    }

    public void Store(void* address, int bytes, CompletionEvent value) => _buffer.Add(((nint)address, bytes, value));

    /// <summary>What this thread reads: its own newest store, or the memory.</summary>
    public CompletionEvent Load(void* address, int bytes)
    {
        for (int i = _buffer.Count - 1; i >= 0; i--)
        {
            if (_buffer[i].Address == (nint)address)
            {
                return _buffer[i].Value;
            }
        }

        CompletionEvent value = default;
        Buffer.MemoryCopy(address, &value, sizeof(CompletionEvent), bytes);
        return value;
    }

    /// <summary>Makes the oldest stores visible.</summary>
    public void Flush(int count)
    {
        count = Math.Min(count, _buffer.Count);
        for (int i = 0; i < count; i++)
        {
            CompletionEvent value = _buffer[i].Value;
            Buffer.MemoryCopy(&value, (void*)_buffer[i].Address, _buffer[i].Bytes, _buffer[i].Bytes);
        }

        _buffer.RemoveRange(0, count);
    }
}
