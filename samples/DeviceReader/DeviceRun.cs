using System.Diagnostics;
using AsyncCalls;
using DeviceReader.Interop;
using Microsoft.Win32.SafeHandles;

namespace DeviceReader;

/// <summary>Takes what was read.</summary>
internal interface IDataSink
{
    /// <param name="offset">How many bytes came before.</param>
    /// <param name="data">What has come now.</param>
    /// <param name="calls">Runs the write, in the time that is left.</param>
    /// <param name="cancellationToken">Ends the program.</param>
    ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> data, AsyncCallRuntime calls, CancellationToken cancellationToken);
}

/// <summary>The job: opens the device and reads it until something ends that.</summary>
internal sealed class DeviceRun(AsyncCallRuntime runtime, Settings settings, Ending ending, SafeFileHandle standardInput, IDataSink sink)
{
    private const int BufferBytes = 65_536;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
    private readonly long _start = Stopwatch.GetTimestamp();
    private long _bytes;
    private long _reads;

    public long Bytes => Volatile.Read(ref _bytes);

    public long Reads => Volatile.Read(ref _reads);

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_start);

    /// <summary>Reads until the end, whatever it is.</summary>
    /// <exception cref="IOException">The device cannot be opened or read, or the output cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The device must not be opened, or not be read.</exception>
    public async Task<EndReason> RunAsync()
    {
        try
        {
            using SafeFileHandle device = settings.ReadsStandardInput
                ? standardInput
                : await Libc.openAsync(settings.Device, Libc.ReadOnly | Libc.NoControllingTerminal | Libc.CloseOnExec, 0, InTime(), ending.Token);
            return await ReadAsync(device);
        }
        catch (TimeoutException)
        {
            return EndReason.Deadline;
        }
        catch (OperationCanceledException)
        {
            return ending.Reason;
        }
    }

    private async Task<EndReason> ReadAsync(SafeFileHandle device)
    {
        while (true)
        {
            int wanted = (int)Math.Min(BufferBytes, (settings.Bytes ?? long.MaxValue) - Bytes);
            if (wanted == 0)
            {
                return EndReason.ByteLimit;
            }

            // A device that always has data is answered at once, and never looks at its token.
            ending.Token.ThrowIfCancellationRequested();
            int got = (int)await Libc.readAsync(device, _buffer.AsMemory(0, wanted), (nuint)wanted, InTime(), ending.Token);
            if (got == 0)
            {
                return EndReason.EndOfData;
            }

            long offset = _bytes;
            Volatile.Write(ref _bytes, offset + got);
            Volatile.Write(ref _reads, _reads + 1);
            await sink.WriteAsync(offset, _buffer.AsMemory(0, got), InTime(), ending.Token);
        }
    }

    /// <summary>The runtime, for a call that has what is left of the time.</summary>
    private AsyncCallRuntime InTime()
    {
        if (settings.Deadline is not { } deadline)
        {
            return runtime;
        }

        TimeSpan left = deadline - Elapsed;
        return left > TimeSpan.Zero ? runtime.WithTimeout(left) : throw new TimeoutException();
    }
}
