using System.Text;
using AsyncCalls;
using DeviceReader.Interop;
using Microsoft.Win32.SafeHandles;
using Spectre.Console;

namespace DeviceReader.Display;

/// <summary>
/// Data to standard output; the pending calls to standard error, as a table that is drawn anew where that is a terminal, as a line each second where it is not.
/// </summary>
/// <remarks>Data and table on one terminal go through the console that draws the table, or they would overwrite each other.</remarks>
internal sealed class Screen : IDataSink, IDisposable
{
    private const string EraseTable = "\e[0J";
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>A call is reported when it has waited for one interval, and then each second.</summary>
    private const int IntervalsPerLine = 10;

    private readonly SafeFileHandle _output = new(1, ownsHandle: false);
    private readonly AsyncCallRuntime _runtime;
    private readonly Settings _settings;
    private readonly PendingList _list;
    private readonly IAnsiConsole? _terminal;

    public Screen(AsyncCallRuntime runtime, Settings settings)
    {
        _runtime = runtime;
        _settings = settings;
        _list = new PendingList(settings);
        if (Console.IsErrorRedirected || (settings.Raw && !Console.IsOutputRedirected))
        {
            return;
        }

        // The library would look at standard output to find out whether anybody watches.
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error), Interactive = InteractionSupport.Yes });
        _terminal = terminal.Profile.Capabilities.Ansi ? terminal : null;
    }

    /// <exception cref="IOException">Standard output takes no more.</exception>
    public async ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, AsyncCallRuntime calls, CancellationToken cancellationToken)
    {
        string? dump = _settings.Raw ? null : HexDump.Format(offset, data.Span);
        if (_terminal is not null && !Console.IsOutputRedirected)
        {
            _terminal.Write(new ControlCode(EraseTable + dump));
            return;
        }

        ReadOnlyMemory<byte> left = dump is null ? data : Encoding.ASCII.GetBytes(dump);
        try
        {
            while (!left.IsEmpty)
            {
                left = left[(int)await Libc.writeAsync(_output, left, (nuint)left.Length, calls, cancellationToken)..];
            }
        }
        catch (IOException exception)
        {
            throw new IOException($"standard output takes no more: {exception.Message}", exception);
        }
    }

    /// <summary>Blocks until the work has ended, or was asked to and has used up its grace, and shows the pending calls meanwhile.</summary>
    public void Watch(Task work, TimeSpan grace, CancellationToken ended)
    {
        if (_terminal is null)
        {
            WaitFor(work, WriteLines, ended);
        }
        else
        {
            _terminal.Live(new Table()).AutoClear(true).Start(context => WaitFor(
                work,
                _ =>
                {
                    context.UpdateTarget(_list.ToTable(_runtime.PendingCalls));
                    context.Refresh();
                },
                ended));
        }

        ((IAsyncResult)work).AsyncWaitHandle.WaitOne(grace);
    }

    public string InWords(IEnumerable<PendingCall> calls) => string.Join(", ", calls.Select(_list.InWords));

    public void Summary(DeviceRun run, string reason)
    {
        AsyncCallStatistics calls = _runtime.GetStatistics();
        Console.Error.WriteLine(
            $"DeviceReader: {run.Bytes} bytes in {run.Reads} reads, {run.Elapsed.TotalSeconds:F1} s: {reason}; "
            + $"calls: {calls.CompletedInline} inline, {calls.CompletedByIoUring} on io_uring, {calls.CompletedByLinuxAio} on Linux AIO, {calls.CompletedByEpoll} on epoll, {calls.CompletedByWorkers} on workers");
    }

    public void Dispose() => _output.Dispose();

    private static void WaitFor(Task work, Action<int> eachInterval, CancellationToken ended)
    {
        WaitHandle[] either = [((IAsyncResult)work).AsyncWaitHandle, ended.WaitHandle];
        for (int interval = 1; WaitHandle.WaitAny(either, Interval) == WaitHandle.WaitTimeout; interval++)
        {
            eachInterval(interval);
        }
    }

    private void WriteLines(int interval)
    {
        if (interval % IntervalsPerLine != 1)
        {
            return;
        }

        foreach (PendingCall call in _runtime.PendingCalls.OrderBy(static call => call.Id.Value))
        {
            Console.Error.WriteLine($"pending: {_list.InWords(call)}");
        }
    }
}
