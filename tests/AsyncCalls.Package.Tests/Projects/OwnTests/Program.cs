using AsyncCalls;
using AsyncCalls.Testing;
using Microsoft.Win32.SafeHandles;

string path = Path.GetTempFileName();
try
{
    byte[] content = [.. Enumerable.Range(0, 1000).Select(i => (byte)i)];
    File.WriteAllBytes(path, content);
    CallSimulation.RunSeeds(50, CallFaults.Rough, simulation => ReadAsync(simulation, path, content, goesOn: true));
    Console.WriteLine("whole: with every seed");
    try
    {
        CallSimulation.RunSeeds(50, CallFaults.Rough, simulation => ReadAsync(simulation, path, content, goesOn: false));
        Console.WriteLine("short: not noticed");
    }
    catch (CallSimulationException failure)
    {
        Console.WriteLine($"short: {failure.Message.Contains("seed", StringComparison.Ordinal)}");
    }
}
finally
{
    File.Delete(path);
}

static async Task ReadAsync(CallSimulation simulation, string path, byte[] content, bool goesOn)
{
    await using AsyncCallRuntime runtime = simulation.CreateRuntime();
    using SafeFileHandle file = File.OpenHandle(path);
    var blocks = new Blocks(runtime);
    byte[] all = new byte[content.Length];
    int done = await blocks.ReadAsync(file, all, 0);
    while (goesOn && done < all.Length)
    {
        done += await blocks.ReadAsync(file, all.AsMemory(done), done);
    }

    if (!all.AsSpan().SequenceEqual(content))
    {
        throw new InvalidDataException("not all was read");
    }
}

internal sealed partial class Blocks(AsyncCallRuntime calls)
{
    [AsyncCall]
    public int Read(SafeFileHandle file, Span<byte> block, long offset) => RandomAccess.Read(file, block, offset);
}
