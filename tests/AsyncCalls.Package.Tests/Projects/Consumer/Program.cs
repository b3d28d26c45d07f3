using System.Diagnostics.CodeAnalysis;
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
    (bool found, int at) = await notes.TryFindAsync("sixteen"u8.ToArray(), (byte)'x');
    Console.WriteLine($"out: {found} at {at}");
    INotes behind = notes;
    Console.WriteLine($"interface: {await behind.CountAsync(path, default)} lines");
    Console.WriteLine($"options: {await IsTimedOutAsync(notes)}");
    using var missing = new SafeFileHandle(-1, ownsHandle: false);
    using (SafeFileHandle file = File.OpenHandle(path))
    {
        AsyncCallResult<int> fine = await Libc.fsyncAsync(file, runtime);
        AsyncCallResult<int> wrong = await Libc.fsyncAsync(missing, runtime);
        Console.WriteLine($"result: {fine.IsSuccess} {fine.Value}, {wrong.IsSuccess} errno {wrong.Errno}");
    }

    Console.WriteLine($"reflected: {await Reflection.CountAsync(typeof(Notes), 1) > 1} {await Reflection.IsVisibleAsync(typeof(Notes))} {await Reflection.MakeAsync<List<int>>() is { Count: 0 }}");
    Console.WriteLine($"cancelled: {await IsCancelledAsync(notes)}");
}
finally
{
    File.Delete(path);
}

await host.StopAsync();
Console.WriteLine($"in flight: {runtime.GetStatistics().InFlight}");

// Parked in the kernel when the process ends, which waits for nobody: two natively, two on threads.
foreach (AsyncCallBackends backends in (AsyncCallBackends[])[AsyncCallBackends.All, AsyncCallBackends.WorkersOnly])
{
    var forgotten = new AsyncCallRuntime(new AsyncCallOptions { Backends = backends });
    for (int i = 0; i < 2; i++)
    {
        var pipe = new AnonymousPipeServerStream(PipeDirection.In);
        _ = Libc.readAsync(new SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false), new byte[1], 1, forgotten).AsTask();
    }

    while (forgotten.GetStatistics().InFlight < 2)
    {
        await Task.Yield();
    }
}

Console.WriteLine("leaves");

static async Task<bool> IsTimedOutAsync(Notes notes)
{
    try
    {
        await notes.WaitAsync(new CallOptions { Timeout = TimeSpan.FromMilliseconds(20) });
        return false;
    }
    catch (TimeoutException)
    {
        return true;
    }
}

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

internal partial interface INotes
{
    [AsyncCall]
    int Count(string path, CancellationToken cancellationToken);
}

internal sealed partial class Notes(AsyncCallRuntime calls) : INotes
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

    [AsyncCall]
    public bool TryFind(ReadOnlySpan<byte> bytes, in byte wanted, out int at) => (at = bytes.IndexOf(wanted)) >= 0;

    [AsyncCall(TakesOptions = true)]
    public void Wait(CancellationToken cancellationToken)
    {
        cancellationToken.WaitHandle.WaitOne();
        cancellationToken.ThrowIfCancellationRequested();
    }
}

/// <summary>What the trimmer has to keep is said by the twins too.</summary>
internal static partial class Reflection
{
    [AsyncCall]
    public static T Make<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>() => Activator.CreateInstance<T>();

    [AsyncCall]
    public static int Count([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods)] Type type, int start) => start + type.GetMethods().Length;

    [AsyncCall]
    public static bool IsVisible([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods)] Type type) => type.GetMethods().Length > 0;
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

    [AsyncCall(Errors = AsyncCallErrors.Result)]
    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int fsync(SafeFileHandle fd);
}
