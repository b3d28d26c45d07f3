using AsyncCalls;
using DeviceReader.Interop;
using Microsoft.Win32.SafeHandles;

namespace DeviceReader;

/// <summary>
/// Watches for q and Esc while another device is read: one more call in flight, which is cancelled when the work has ended.
/// </summary>
internal sealed class Keyboard : IAsyncDisposable
{
    private const byte Escape = 0x1b;

    private readonly CancellationTokenSource _stop = new();
    private readonly KeyMode _mode;
    private readonly Task _watching;

    private Keyboard(AsyncCallRuntime runtime, SafeFileHandle terminal, KeyMode mode, Ending ending)
    {
        _mode = mode;
        _watching = WatchAsync(runtime, terminal, ending);
    }

    /// <summary>Null: nobody sits at a keyboard, or what is typed there is the data.</summary>
    public static Keyboard? TryWatch(AsyncCallRuntime runtime, Settings settings, Ending ending, SafeFileHandle standardInput)
        => !Console.IsInputRedirected && !IsStandardInput(settings) && KeyMode.TryEnter(standardInput) is { } mode
            ? new Keyboard(runtime, standardInput, mode, ending)
            : null;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _mode.Dispose();
        _stop.Dispose();
    }

    private static bool IsStandardInput(Settings settings)
        => settings.ReadsStandardInput
            || settings.Device == "/dev/tty"
            || Path.GetFullPath(settings.Device) == new FileInfo("/proc/self/fd/0").LinkTarget;

    private async Task WatchAsync(AsyncCallRuntime runtime, SafeFileHandle terminal, Ending ending)
    {
        byte[] keys = new byte[64];
        try
        {
            while (true)
            {
                int got = (int)await Libc.readAsync(terminal, keys, (nuint)keys.Length, runtime, _stop.Token);
                if (got == 0 || EndsIt(keys.AsSpan(0, got)))
                {
                    ending.End(EndReason.Key);
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (IOException)
        {
            // The terminal went away; the signal that comes with that, or the device, ends the program.
        }
    }

    /// <summary>Other keys begin with an escape as well, and more follows there. Several may come with one read, if it was late.</summary>
    private static bool EndsIt(ReadOnlySpan<byte> keys) => keys is [.., Escape] || keys.ContainsAny((byte)'q', (byte)'Q');
}
