using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using AsyncCalls.Benchmarks.Fixtures;

namespace AsyncCalls.Benchmarks.Native;

/// <summary>The client in C of an echo server in this process: connections with one message under way on each.</summary>
internal sealed class EchoClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Process _process;

    private EchoClient(Process process) => _process = process;

    /// <summary>Starts the client, which connects at once.</summary>
    /// <exception cref="Ratios.ReferenceUnavailableException">It cannot be compiled here.</exception>
    public static EchoClient Start(BenchmarkFolder folder, int port, int connections, int messageBytes)
    {
        string program = Path.Combine(folder.Path, $"asynccalls-{Environment.ProcessId}-{Guid.NewGuid():n}");
        try
        {
            CCompiler.Compile(program, [], Path.Combine(CCompiler.Sources, "programs", "echo_client.c"));
            string[] arguments = [.. new[] { port, connections, messageBytes }.Select(number => number.ToString(CultureInfo.InvariantCulture))];
            return new EchoClient(Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!);
        }
        finally
        {
            // It runs already: the name is not needed any more.
            File.Delete(program);
        }
    }

    /// <summary>Makes that many round trips, over all connections together.</summary>
    public void Run(int trips)
    {
        long count = trips;
        Stream input = _process.StandardInput.BaseStream;
        input.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<long>(in count)));
        input.Flush();
        int answer = _process.StandardOutput.BaseStream.ReadByte();
        if (answer != 0)
        {
            throw new IOException(answer < 0 ? "The echo client has ended." : $"The echo client: {Marshal.GetPInvokeErrorMessage(answer)}");
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(Patience))
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
