using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests.Faults;

/// <summary>
/// A runtime, a context and a buffer for calls that fail, and what must be true when they have: no call, slot or pin is left, and all of it can be disposed.
/// </summary>
internal sealed class FaultScene(Lane lane, Action<AsyncCallOptions>? configure = null) : IAsyncDisposable
{
    private readonly CountingMemory _memory = new(FileCall.Bytes);
    private readonly List<string> _differences = [];
    private AsyncCallContext? _context;

    public AsyncCallRuntime Runtime { get; } = lane.NewRuntime(configure);

    public AsyncCallContext Context => _context ??= Runtime.CreateContext();

    public Memory<byte> Buffer => _memory.Memory;

    public int Pins => _memory.Pins;

    /// <summary>Makes a call in all of its forms, each on a file of its own, and notes each answer that is another than the original's.</summary>
    /// <param name="call">The call.</param>
    /// <param name="open">Opens the file, in the same state each time.</param>
    /// <param name="openByLibrary">Opens it for the class library; null for the same way.</param>
    /// <returns>What the plain system call answers: its result, or −errno.</returns>
    public async Task<long> AgreeAsync(FileCall call, Func<SafeFileHandle> open, Func<SafeFileHandle>? openByLibrary = null)
    {
        string what = $"{call.Name} on {lane}";
        long expected = await AnswerAsync(open, file => ValueTask.FromResult((nint)call.System(file, new byte[FileCall.Bytes])));
        Same(expected, await AnswerAsync(open, file => call.Import(Runtime, file, Buffer, CancellationToken.None).AsIntPtr()), $"the twin of {what}");
        using (SafeFileHandle file = open())
        {
            using HandleLease lease = Context.Lease(file);
            using BufferLease buffer = Context.Pin(Buffer);
            Context.Submit(call.Block(lease, buffer).With(1));
            Same(expected, Context.ReapOne().Result, $"the event of {what}");
        }

        using (SafeFileHandle file = open())
        {
            using HandleLease lease = Context.Lease(file);
            using BufferLease buffer = Context.Pin(Buffer);
            Same(expected, Context.Call(call.Block(lease, buffer)), $"{what} at once");
        }

        if (call.Original is { } original && call.Twin is { } twin)
        {
            openByLibrary ??= open;
            string wanted;
            using (SafeFileHandle file = openByLibrary())
            {
                wanted = await InWordsAsync(() => Task.FromResult(original(file, new byte[FileCall.Bytes])));
            }

            using (SafeFileHandle file = openByLibrary())
            {
                string got = await InWordsAsync(() => twin(Runtime, file, Buffer, CancellationToken.None));
                if (wanted != got)
                {
                    _differences.Add($"{what} in the class library's way, where the system call answers {expected}:\nexpected {wanted}\ngot      {got}");
                }
            }
        }

        return expected;
    }

    /// <summary>The only call that is under way, when its backend has it.</summary>
    public async Task<PendingCall> RunningAsync()
    {
        await Bounded.UntilAsync(() => Runtime.PendingCalls is [{ State: PendingCallState.Running }], "one call runs");
        return Runtime.PendingCalls[0];
    }

    /// <summary>All forms of each call agreed, nothing is left of any, and the runtime can be disposed.</summary>
    public async Task EndAsync()
    {
        Assert.True(_differences.Count == 0, $"{_differences.Count} answers differ:\n{string.Join('\n', _differences.Take(20))}");
        Context.AssertQuiet();
        await Bounded.UntilAsync(() => Runtime.PendingCalls.Count == 0 && Runtime.GetStatistics().InFlight == 0, "nothing is in flight");

        // A lease whose last user was a thread of the runtime lets go of a foreign pin on the thread pool.
        await Bounded.UntilAsync(() => Pins == 0, "nothing is pinned");
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_context is not null)
        {
            await _context.DisposeAsync().Bound();
        }

        await Runtime.DisposeAsync().Bound();
    }

    /// <summary>The result and type of a call in words that two calls can be compared by.</summary>
    public static async Task<string> InWordsAsync(Func<Task<long>> call)
    {
        try
        {
            return $"result {await call().ConfigureAwait(false)}";
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            return InWords(exception);
        }
    }

    private static string InWords(Exception? exception) => exception is null
        ? "nothing"
        : $"{exception.GetType()} 0x{exception.HResult:x} \"{exception.Message}\" with {InWords(exception.InnerException)} inside";

    private static async Task<long> AnswerAsync(Func<SafeFileHandle> open, Func<SafeFileHandle, ValueTask<nint>> call)
    {
        using SafeFileHandle file = open();

        // On a thread of the pool, where nothing brings the resumption back to a context: the error number is that of the thread that resumes.
        return await Task.Run(async () =>
        {
            nint result = await call(file).ConfigureAwait(false);
            return result < 0 ? -Marshal.GetLastPInvokeError() : result;
        }).Bound();
    }

    private void Same(long expected, long actual, string what)
    {
        if (expected != actual)
        {
            _differences.Add($"{what}: {actual} instead of {expected}");
        }
    }
}
