using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using AsyncCalls.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Which working directory, mask and credentials a call runs with: the same on every lane.</summary>
[Collection(ProcessWide.Name)]
[UnsupportedOSPlatform("windows")]
public sealed partial class ProcessStateTests
{
    private const uint OwnerOnly = 0x180; // 0600
    private const uint Nobody = 65_534;

    /// <summary>Class-library calls: where the caller was when it called.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_relative_path_of_the_class_library_is_resolved_when_the_call_is_made(Lane lane)
    {
        using var folders = new TwoFolders();
        await using AsyncCallRuntime runtime = lane.NewRuntime(static options => options.MaxWorkers = 1);
        using var blocked = new BlockedWorker(runtime);
        folders.EnterFirst();
        Task<SafeFileHandle> opening = FileCalls.OpenHandle(
            runtime, "open", "file", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, FileOptions.None, 0, CancellationToken.None).AsTask();
        folders.EnterSecond();
        blocked.Release();
        using SafeFileHandle file = await opening.Bound();
        Assert.Equal("first", Text(file));
    }

    /// <summary>open(2): where the process is when the call runs.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_relative_path_of_a_system_call_is_resolved_when_the_call_runs(Lane lane)
    {
        using var folders = new TwoFolders();
        await using AsyncCallRuntime runtime = lane.NewRuntime(static options => options.MaxWorkers = 1);
        using AsyncCallContext context = runtime.CreateContext();
        using BufferLease name = context.Pin("file\0"u8.ToArray());
        using var blocked = new BlockedWorker(runtime);
        folders.EnterFirst();
        Task<SafeFileHandle> opening = LibcTwins.Open(runtime, "open", AsyncCallErrors.ReturnValue, "file", 0, 0, CancellationToken.None).AsFileHandle().AsTask();
        CallId block = context.Submit(Iocb.OpenAt(null, name, Native.CloseOnExec));
        folders.EnterSecond();
        blocked.Release();
        using SafeFileHandle file = await opening.Bound();
        Assert.Equal("second", Text(file));
        Assert.True(context.WaitAll([block], Bounded.Limit));
        Assert.True(context.TryPop(out CompletionEvent opened));
        using var ofBlock = new SafeFileHandle((nint)opened.Result, ownsHandle: true);
        Assert.Equal("second", Text(ofBlock));
    }

    /// <summary>openat(2) with a handle of the folder: nobody can move it away, also who disposes the handle.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_path_under_a_folder_handle_depends_on_no_working_directory(Lane lane)
    {
        using var folders = new TwoFolders();
        await using AsyncCallRuntime runtime = lane.NewRuntime(static options => options.MaxWorkers = 1);
        using var blocked = new BlockedWorker(runtime);
        folders.EnterFirst();
        Task<SafeFileHandle> opening;
        using (SafeFileHandle folder = Native.OpenFile(".", Native.ReadOnly))
        {
            opening = LibcTwins.OpenAt(runtime, "openat", AsyncCallErrors.ReturnValue, folder, "file", 0, 0, CancellationToken.None).AsFileHandle().AsTask();
        }

        folders.EnterSecond();
        blocked.Release();
        using SafeFileHandle file = await opening.Bound();
        Assert.Equal("first", Text(file));
    }

    [Theory, CombinatorialLanes]
    public async Task The_mask_of_new_files_is_that_of_the_process_when_the_call_runs(Lane lane)
    {
        using var folders = new TwoFolders();
        await using AsyncCallRuntime runtime = lane.NewRuntime(static options => options.MaxWorkers = 1);
        folders.EnterFirst();
        uint before = umask(0);
        try
        {
            using var blocked = new BlockedWorker(runtime);
            Task<SafeFileHandle> native = LibcTwins.Open(
                runtime, "open", AsyncCallErrors.ReturnValue, "native", Native.Create | Native.WriteOnly, 0x1FF, CancellationToken.None).AsFileHandle().AsTask();
            Task<SafeFileHandle> library = FileCalls.OpenHandle(
                runtime, "open", "library", FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, 0, CancellationToken.None).AsTask();
            _ = umask(0x3F);
            blocked.Release();
            (await native.Bound()).Dispose();
            (await library.Bound()).Dispose();
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode("native"));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode("library"));
        }
        finally
        {
            _ = umask(before);
        }
    }

    /// <summary>A thread that took other credentials for itself alone (setfsuid) does not lend them to its calls: those run as the process does.</summary>
    [Theory, CombinatorialLanes]
    public async Task Calls_run_with_the_credentials_of_the_process(Lane lane)
    {
        Assert.SkipUnless(geteuid() == 0, "Only root can take other credentials for a thread.");
        string path = Path.GetTempFileName();
        try
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            await using AsyncCallRuntime runtime = lane.NewRuntime(static options => options.MaxWorkers = 1);

            // The threads are there before: a new one inherits the credentials of the thread that needed it.
            await runtime.NopAsync().Bound();
            await runtime.RunAsync(static _ => { }).Bound();
            Task<int>? opening = null;
            int denied = 0;
            Bounded.OnThreads(1, _ =>
            {
                // Of this thread only, which ends here.
                _ = setfsuid(Nobody);
                Assert.Equal(-1, Native.open(path, Native.ReadOnly, 0));
                denied = Marshal.GetLastPInvokeError();
                opening = LibcTwins.Open(runtime, "open", AsyncCallErrors.ReturnValue, path, Native.CloseOnExec, 0, CancellationToken.None).AsInt32().AsTask();
            });
            Assert.Equal(13, denied);
            using var opened = new SafeFileHandle(await opening!.Bound(), ownsHandle: true);
            Assert.False(opened.IsInvalid);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Text(SafeFileHandle file)
    {
        byte[] bytes = new byte[16];
        return Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0));
    }

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc")]
    private static partial int setfsuid(uint user);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    /// <summary>Two folders with a file of the same name; the working directory of before comes back.</summary>
    private sealed class TwoFolders : IDisposable
    {
        private readonly string _before = Directory.GetCurrentDirectory();
        private readonly string _root = Directory.CreateTempSubdirectory().FullName;

        public TwoFolders()
        {
            foreach (string name in (string[])["first", "second"])
            {
                Directory.CreateDirectory(Path.Combine(_root, name));
                File.WriteAllText(Path.Combine(_root, name, "file"), name);
            }
        }

        public void EnterFirst() => Directory.SetCurrentDirectory(Path.Combine(_root, "first"));

        public void EnterSecond() => Directory.SetCurrentDirectory(Path.Combine(_root, "second"));

        public void Dispose()
        {
            Directory.SetCurrentDirectory(_before);
            Directory.Delete(_root, recursive: true);
        }
    }

    /// <summary>The one worker of a runtime, kept busy: calls wait until it is released.</summary>
    private sealed class BlockedWorker : IDisposable
    {
        private readonly ManualResetEventSlim _gate = new();
        private readonly Task _body;

        public BlockedWorker(AsyncCallRuntime runtime)
        {
            using var running = new ManualResetEventSlim();
            _body = runtime.RunAsync(_ =>
            {
                running.Set();
                Assert.True(_gate.Wait(Bounded.Limit));
            }).AsTask();
            Assert.True(running.Wait(Bounded.Limit));
        }

        public void Release() => _gate.Set();

        public void Dispose()
        {
            _gate.Set();
            _body.Bound().GetAwaiter().GetResult();
            _gate.Dispose();
        }
    }
}
