using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using AsyncCalls.Integration.Tests.Subjects;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests;

/// <summary>A portable runtime: the annotated methods do what they do, and the runtime asks nothing of the system. What its twins give is compared on the lane <see cref="Lane.Portable"/>.</summary>
public sealed class PortableTests
{
    [Fact]
    public async Task A_portable_runtime_loads_no_function_of_the_system()
    {
        (string result, string[] asked) = await RunApartAsync(portable: true);

        Assert.Equal("twin 3, import 2, slept, body 6, disposed", result);
        Assert.Empty(asked);
    }

    [Fact]
    public async Task Another_runtime_is_seen_to_load_some()
    {
        (string result, string[] asked) = await RunApartAsync(portable: false);

        Assert.Equal(nameof(DllNotFoundException), result);
        Assert.NotEmpty(asked);
    }

    [Fact]
    public async Task What_is_made_of_system_calls_is_refused_in_words()
    {
        await using AsyncCallRuntime runtime = Lane.Portable.NewRuntime();
        using LeasedBufferPool pool = runtime.CreateBufferPool(1, 64);
        using SafeFileHandle file = File.OpenHandle("/dev/null");

        var error = Assert.Throws<PlatformNotSupportedException>(() => runtime.CreateContext());
        Assert.Equal(
            "A context is made of Linux system calls, and AsyncCallOptions.Portable is set: call the twins, whose methods run on workers here.", error.Message);
        Assert.Throws<PlatformNotSupportedException>(() => runtime.ReadAllAsync(file, pool));
        Assert.Throws<PlatformNotSupportedException>(() => runtime.PollAllAsync(file, 1));
        Assert.All(runtime.Capabilities.All, backend => Assert.Equal(backend.Name == "workers", backend.Available));
        Assert.Contains("the runtime is portable", runtime.Capabilities.Workers.Reason, StringComparison.Ordinal);

        AsyncCallOptions contradiction = new() { Portable = true, RequiredBackends = AsyncCallBackends.Epoll };
        Assert.Equal("RequiredBackends is Epoll, and a portable runtime has no native backend: clear it, or Portable.", Assert.Single(contradiction.Validate()));
    }

    [Fact]
    public async Task A_count_beyond_the_buffer_is_refused_before_the_import_is_called()
    {
        await using AsyncCallRuntime runtime = Lane.Portable.NewRuntime();
        using SafeFileHandle file = File.OpenHandle("/dev/zero");

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => LibraryHandles.preadAsync(file, new byte[4], 5, 0, runtime).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => SystemCalls.recvAsync(file, new byte[4], 5, 0, runtime).AsTask());
    }

    [Fact]
    public async Task Calls_that_block_do_not_keep_others_waiting_for_long()
    {
        await using AsyncCallRuntime runtime = Lane.Portable.NewRuntime();
        using var all = new CountdownEvent(16);

        // Each waits for the others: the pool has to grow to as many threads, without knowing who is blocked.
        Task[] meeting = [.. Enumerable.Range(0, 16).Select(_ => Meetings.MeetAsync(all, runtime).AsTask())];

        await Task.WhenAll(meeting).WaitAsync(TimeSpan.FromSeconds(20));
    }

    /// <summary>Runs the scene with assemblies of its own, in which no function of the system can be loaded by the runtime.</summary>
    private static async Task<(string Result, string[] Asked)> RunApartAsync(bool portable)
    {
        var apart = new Apart();
        MethodInfo run = apart.LoadFromAssemblyPath(typeof(PortableScene).Assembly.Location)
            .GetType(typeof(PortableScene).FullName!, throwOnError: true)!
            .GetMethod(nameof(PortableScene.RunAsync))!;
        string result = await ((Task<string>)run.Invoke(null, [portable])!).WaitAsync(TimeSpan.FromSeconds(60));
        lock (apart.Asked)
        {
            return (result, [.. apart.Asked]);
        }
    }

    private sealed class Apart : AssemblyLoadContext
    {
        public HashSet<string> Asked { get; } = [];

        protected override Assembly? Load(AssemblyName assemblyName)
        {
            if (assemblyName.Name != "AsyncCalls")
            {
                return null;
            }

            Assembly runtime = LoadFromAssemblyPath(typeof(AsyncCallRuntime).Assembly.Location);
            NativeLibrary.SetDllImportResolver(runtime, (name, _, _) =>
            {
                lock (Asked)
                {
                    Asked.Add(name);
                }

                throw new DllNotFoundException(name);
            });
            return runtime;
        }
    }
}

/// <summary>What an application does with a runtime. Run with assemblies of its own.</summary>
public static class PortableScene
{
    public static async Task<string> RunAsync(bool portable)
    {
        string path = Path.GetTempFileName();
        try
        {
            var runtime = new AsyncCallRuntime(new AsyncCallOptions { Portable = portable });
            await File.WriteAllBytesAsync(path, [1, 2, 3]);
            using SafeFileHandle file = File.OpenHandle(path);
            int read = await Files.ReadAsync(0, new byte[8], file, runtime);
            nint imported = await LibraryHandles.preadAsync(file, new byte[2], 2, 1, runtime);
            await Pauses.PauseAsync(1, runtime);
            using var cancel = new CancellationTokenSource();
            Task sleeping = Pauses.PauseAsync(100_000, runtime, cancel.Token).AsTask();
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sleeping);
            int body = await Meetings.SumAsync([1, 2, 3], runtime);
            await runtime.NopAsync();
            await runtime.DisposeAsync();
            return $"twin {read}, import {imported}, slept, body {body}, disposed";
        }
        catch (DllNotFoundException error)
        {
            return error.GetType().Name;
        }
        finally
        {
            File.Delete(path);
        }
    }
}

/// <summary>Methods that are no system call.</summary>
internal static partial class Meetings
{
    [AsyncCall]
    public static void Meet(CountdownEvent all)
    {
        all.Signal();
        all.Wait();
    }

    [AsyncCall]
    public static int Sum(int[] numbers) => numbers.Sum();
}
