using System.Security.Cryptography;
using AsyncCalls.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Reads and writes on real files and pipes.</summary>
public sealed class TransferTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("asynccalls").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, CombinatorialLanes]
    public async Task A_file_reads_back_as_it_was_written(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        string path = Path.Combine(_folder, "data");
        byte[] data = RandomNumberGenerator.GetBytes(300_000);
        using (SafeFileHandle writer = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
        {
            await RandomAccessCalls.Write(runtime, "test", writer, data, 0, CancellationToken.None);
            await RandomAccessCalls.FlushToDisk(runtime, "test", writer, CancellationToken.None);
        }

        Assert.Equal(data, await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        using SafeFileHandle reader = File.OpenHandle(path);
        byte[] back = new byte[data.Length + 10];
        int read = await RandomAccessCalls.Read(runtime, "test", reader, back, 0, CancellationToken.None);
        Assert.Equal(data.Length, read);
        Assert.Equal(data, back[..read]);
    }

    [Theory, CombinatorialLanes]
    public async Task Many_calls_in_a_row_complete(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        for (int i = 0; i < 10_000; i++)
        {
            await runtime.NopAsync(TestContext.Current.CancellationToken);
        }
    }

    [Theory, CombinatorialLanes]
    public async Task A_parked_pipe_read_is_cancelled_by_its_token(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using var pipe = new TestPipe();
        using var cancel = new CancellationTokenSource();
        byte[] buffer = new byte[16];
        ValueTask<nint> read = LibcCalls.Read(runtime, "test", AsyncCallErrors.ReturnValue, pipe.Reader, buffer, 16, cancel.Token).AsIntPtr();
        Assert.False(read.IsCompleted);
        await cancel.CancelAsync();
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await read);
        Assert.Equal(cancel.Token, thrown.CancellationToken);
    }
}
