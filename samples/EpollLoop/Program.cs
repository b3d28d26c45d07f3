using System.CommandLine;
using System.CommandLine.Invocation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using AsyncCalls;
using EpollLoop;

const int Usage = 2;

var folder = new Argument<string>("folder") { Description = "The folder whose files are served." };
var port = new Option<int>("--port") { Description = "The port on the loopback address; 0 for any free one.", DefaultValueFactory = _ => 7070 };
port.Validators.Add(result =>
{
    if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out int given) && given is < 0 or > ushort.MaxValue)
    {
        result.AddError($"--port is {given}: give a number from 0 to {ushort.MaxValue}.");
    }
});
var workersOnly = new Option<bool>("--workers-only") { Description = "Run every call on worker threads, so that each one completes through the ring." };
var root = new RootCommand("Serves the files of a folder to clients on this machine: a line with a path in, the file out.") { folder, port, workersOnly };
root.SetAction(result => Serve(result.GetRequiredValue(folder), result.GetValue(port), result.GetValue(workersOnly)));

ParseResult parsed = root.Parse(args);
if (parsed.Action is ParseErrorAction)
{
    return Fail(string.Join(' ', parsed.Errors.Select(error => error.Message)) + " Use --help to see what it takes.");
}

return parsed.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });

static int Serve(string path, int port, bool workersOnly)
{
    if (!OperatingSystem.IsLinux())
    {
        return Fail("epoll is there on Linux only.");
    }

    if (!Directory.Exists(path))
    {
        return Fail(File.Exists(path) ? $"'{path}' is a file, not a folder." : $"the folder '{path}' does not exist.");
    }

    using var runtime = new AsyncCallRuntime(new AsyncCallOptions
    {
        Backends = workersOnly ? AsyncCallBackends.WorkersOnly : AsyncCallBackends.All,
        InlineAttempts = !workersOnly,
        DrainTimeout = TimeSpan.FromSeconds(1),
    });
    using AsyncCallContext context = runtime.CreateContext();
    EventLoop loop;
    try
    {
        loop = new EventLoop(context, new ServedFolder(path), port);
    }
    catch (SocketException exception)
    {
        return Fail(exception.SocketErrorCode == SocketError.AddressAlreadyInUse
            ? $"port {port} is in use: give another one, or --port 0 for any free one."
            : $"port {port} cannot be opened: {exception.Message}");
    }
    catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
    {
        return Fail($"the folder '{path}' cannot be entered: {exception.Message}");
    }

    using (loop)
    {
        int signals = 0;
        void OnSignal(PosixSignalContext signal)
        {
            // The second one ends the process as if nobody had caught it.
            signal.Cancel = Interlocked.Increment(ref signals) == 1;
            if (signal.Cancel)
            {
                loop.Stop();
            }
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        Console.WriteLine($"listening on 127.0.0.1:{loop.Port}");
        loop.Run();
    }

    AsyncCallStatistics calls = runtime.GetStatistics();
    Console.Error.WriteLine(
        $"EpollLoop: ended. {loop.Tally.Files} files, {loop.Tally.Bytes} bytes, {loop.Tally.Refused} refused; "
        + $"calls: {calls.CompletedInline} inline, {calls.CompletedByIoUring} on io_uring, {calls.CompletedByLinuxAio} on Linux AIO, {calls.CompletedByEpoll} on epoll, {calls.CompletedByWorkers} on workers");
    return 0;
}

static int Fail(string message)
{
    Console.Error.WriteLine($"EpollLoop: {message}");
    return Usage;
}
