using AsyncCalls;
using DeviceReader.Display;
using Microsoft.Win32.SafeHandles;

namespace DeviceReader;

/// <summary>Reads the device, shows what is pending meanwhile, and says how it ended.</summary>
internal static class ReadCommand
{
    /// <summary>What calls get to end after they were cancelled. A device that cannot be interrupted is left to the end of the process.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public static int Run(Settings settings, Ending ending)
    {
        var runtime = new AsyncCallRuntime(settings.ToRuntimeOptions());
        using var standardInput = new SafeFileHandle(0, ownsHandle: false);
        using var screen = new Screen(runtime, settings);
        var run = new DeviceRun(runtime, settings, ending, standardInput, screen);
        Task<EndReason> work = Task.Run(() => WithKeyboardAsync(runtime, settings, ending, standardInput, run));
        screen.Watch(work, Grace, ending.Token);
        if (!work.IsCompleted)
        {
            Console.Error.WriteLine($"DeviceReader: {screen.InWords(runtime.PendingCalls)} cannot be interrupted and is left behind.");
            return CodeOf(ending.Reason, ending);
        }

        try
        {
            EndReason reason = work.GetAwaiter().GetResult();
            screen.Summary(run, InWords(reason));
            runtime.Dispose();
            return CodeOf(reason, ending);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"DeviceReader: {settings.Device}: {exception.Message}");
            runtime.Dispose();
            return ExitCode.Failed;
        }
    }

    private static async Task<EndReason> WithKeyboardAsync(AsyncCallRuntime runtime, Settings settings, Ending ending, SafeFileHandle standardInput, DeviceRun run)
    {
        await using Keyboard? keyboard = Keyboard.TryWatch(runtime, settings, ending, standardInput);
        return await run.RunAsync();
    }

    private static int CodeOf(EndReason reason, Ending ending) => reason switch
    {
        EndReason.Signal => ending.SignalExitCode,
        EndReason.Deadline => ExitCode.DeadlinePassed,
        _ => ExitCode.Success,
    };

    private static string InWords(EndReason reason) => reason switch
    {
        EndReason.EndOfData => "end of data",
        EndReason.ByteLimit => "as many bytes as were asked for",
        EndReason.Deadline => "the deadline has passed",
        EndReason.Key => "a key was pressed",
        _ => "interrupted",
    };
}
