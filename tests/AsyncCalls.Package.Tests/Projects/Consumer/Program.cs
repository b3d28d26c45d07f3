using System.IO.Pipes;
using System.Runtime.InteropServices;
using System.Text;
using AsyncCalls;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Win32.SafeHandles;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddAsyncCalls(options => options.DrainTimeout = TimeSpan.FromSeconds(10));
builder.Services.AddSingleton<Notes>();

using IHost host = builder.Build();
await host.StartAsync();
var runtime = host.Services.GetRequiredService<AsyncCallRuntime>();
Console.WriteLine($"shared: {AsyncCallRuntime.Shared == runtime}");

string path = Path.GetTempFileName();
try
{
    var notes = host.Services.GetRequiredService<Notes>();
    using (SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite))
    {
        await notes.WriteAsync(file, "sixteen bytes \u2713"u8.ToArray(), 0);

        byte[] buffer = new byte[64];
        int read = await notes.ReadAsync(file, buffer, 0);
        Console.WriteLine($"class library: {Encoding.UTF8.GetString(buffer, 0, read)}");

        nint got = await Libc.preadAsync(file, buffer.AsMemory(0, 7), 7, 0, runtime);
        Console.WriteLine($"import: {Encoding.UTF8.GetString(buffer, 0, (int)got)}");
    }

    Console.WriteLine($"body: {await notes.CountAsync(path, default)} lines");
    Console.WriteLine($"cancelled: {await IsCancelledAsync(notes)}");
}
finally
{
    File.Delete(path);
}

await host.StopAsync();
Console.WriteLine($"in flight: {runtime.GetStatistics().InFlight}");

static async Task<bool> IsCancelledAsync(Notes notes)
{
    using var pipe = new AnonymousPipeServerStream(PipeDirection.In);
    using var source = new CancellationTokenSource();
    using var handle = new SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false);
    ValueTask<nint> pending = Libc.readAsync(handle, new byte[1], 1, source.Token);
    await source.CancelAsync();
    try
    {
        await pending;
        return false;
    }
    catch (OperationCanceledException)
    {
        return true;
    }
}

internal sealed partial class Notes(AsyncCallRuntime calls)
{
    [AsyncCall]
    public int Read(SafeFileHandle file, Span<byte> buffer, long offset) => RandomAccess.Read(file, buffer, offset);

    [AsyncCall]
    public void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(file, bytes, offset);

    [AsyncCall]
    public int Count(string path, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return File.ReadAllLines(path).Length;
    }
}

internal static partial class Libc
{
    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nint pread(SafeFileHandle fd, Span<byte> buf, nuint count, long offset);

    [AsyncCall]
    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nint read(SafeFileHandle fd, Span<byte> buf, nuint count);
}
