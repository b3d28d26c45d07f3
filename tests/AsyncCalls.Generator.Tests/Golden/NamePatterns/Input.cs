namespace Demo;

public partial class Names(AsyncCallRuntime calls)
{
    protected AsyncCallRuntime Calls => calls;

    [AsyncCall(Name = "Begin*")]
    public int Read(string path) => path.Length;

    [AsyncCall(Name = "Fetch")]
    public int Get(string path) => path.Length;

    // An overload of the method itself, which the token tells apart.
    [AsyncCall(Name = "*")]
    public int Size(string path) => path.Length;

    [AsyncCall(Name = "event")]
    public int Keyword() => 0;

    [AsyncCall]
    public int Copy(Span<byte> buffer) => buffer.Length;

    // Without names of their own these twins would be the one above.
    [AsyncCall(Name = "*MemoryAsync")]
    public int Copy(Memory<byte> buffer) => buffer.Length;

    [AsyncCall(Name = "*UntilAsync")]
    public int Copy(Span<byte> buffer, CancellationToken cancellationToken) => buffer.Length;

    [AsyncCall(Name = "*WithCountAsync")]
    public void Copy(Span<byte> buffer, out int count) => count = buffer.Length;

    [AsyncCall(Name = "Try*Async")]
    public int Copy(Memory<byte> buffer, CancellationToken cancellationToken) => buffer.Length;
}

public sealed partial class MoreNames(AsyncCallRuntime calls) : Names(calls)
{
    // Hides the twin of Read.
    [AsyncCall(Name = "BeginRead")]
    public int Open(string path) => path.Length;
}
