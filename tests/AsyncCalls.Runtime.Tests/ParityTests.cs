using AsyncCalls.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>The twins of the class library's calls against the class library itself: the same results, and the same exceptions to the letter.</summary>
public sealed class ParityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("asynccalls").FullName;
    private readonly string _file;

    public ParityTests()
    {
        _file = Path.Combine(_folder, "file");
        File.WriteAllBytes(_file, [.. Enumerable.Range(0, 100).Select(i => (byte)i)]);
    }

    public static TheoryData<Lane, string> Handles
    {
        get
        {
            var data = new TheoryData<Lane, string>();
            foreach (Lane lane in Enum.GetValues<Lane>())
            {
                foreach (string handle in (string[])["null", "closed", "invalid", "file", "readonly", "writeonly", "bare", "link", "deleted", "reader", "writer", "nonblocking", "directory", "full", "zero", "broken", "bad", "socket"])
                {
                    data.Add(lane, handle);
                }
            }

            return data;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, MemberData(nameof(Handles))]
    public async Task Read_is_as_the_class_library_has_it(Lane lane, string kind)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        foreach (long offset in (long[])[0, 50, 99, 100, 10_000, -1, long.MinValue, long.MaxValue, long.MaxValue - 10])
        {
            foreach (int length in (int[])[0, 1, 60, 200])
            {
                if (kind is "reader" && length == 0)
                {
                    continue;
                }

                byte[] expectedBytes = new byte[length];
                byte[] actualBytes = new byte[length];
                Outcome expected;
                using (Subject first = Make(kind))
                {
                    expected = Outcome.Of(() => RandomAccess.Read(first.Handle!, expectedBytes, offset));
                }

                using Subject second = Make(kind);
                Outcome actual = await Outcome.Of(() => RandomAccessCalls.Read(runtime, "test", second.Handle!, actualBytes, offset, default));
                Check(expected, actual, $"{kind}, {length} bytes at {offset}");
                Assert.Equal(expectedBytes, actualBytes);
            }
        }
    }

    [Theory, MemberData(nameof(Handles))]
    public async Task Write_is_as_the_class_library_has_it(Lane lane, string kind)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        foreach (long offset in (long[])[0, 50, 10_000, -1, long.MinValue, long.MaxValue, long.MaxValue - 10])
        {
            foreach (int length in (int[])[0, 1, 60])
            {
                byte[] bytes = new byte[length];
                Outcome expected;
                using (Subject first = Make(kind))
                {
                    expected = Outcome.Of(() => Zero(() => RandomAccess.Write(first.Handle!, bytes, offset)));
                }

                using Subject second = Make(kind);
                Outcome actual = await Outcome.Of(() => Zero(RandomAccessCalls.Write(runtime, "test", second.Handle!, bytes, offset, default)));
                Check(expected, actual, $"{kind}, {length} bytes at {offset}");
            }
        }
    }

    [Theory, MemberData(nameof(Handles))]
    public async Task FlushToDisk_is_as_the_class_library_has_it(Lane lane, string kind)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        Outcome expected;
        using (Subject first = Make(kind))
        {
            expected = Outcome.Of(() => Zero(() => RandomAccess.FlushToDisk(first.Handle!)));
        }

        using Subject second = Make(kind);
        Outcome actual = await Outcome.Of(() => Zero(RandomAccessCalls.FlushToDisk(runtime, "test", second.Handle!, default)));
        Check(expected, actual, kind);
    }

    [Theory, CombinatorialLanes]
    public async Task OpenHandle_is_as_the_class_library_has_it(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        string missing = Path.Combine(_folder, "missing");
        (string? Path, FileMode Mode, FileAccess Access, FileShare Share, FileOptions Options, long Preallocation)[] cases =
        [
            (_file, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            (null, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            ("", FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            ("a\0b", FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            ("   ", FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            (missing, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            (Path.Combine(missing, "deeper"), FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            (Path.Combine(_file, "deeper"), FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            (missing, FileMode.Truncate, FileAccess.Write, FileShare.Read, FileOptions.None, 0),
            (_folder, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            (_folder, FileMode.Open, FileAccess.Write, FileShare.Read, FileOptions.None, 0),
            (_file, FileMode.CreateNew, FileAccess.Write, FileShare.Read, FileOptions.None, 0),
            (_file, FileMode.CreateNew, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            (_file, (FileMode)77, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            (_file, 0, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            (_file, FileMode.Open, 0, FileShare.Read, FileOptions.None, 0),
            (_file, FileMode.Open, (FileAccess)9, FileShare.Read, FileOptions.None, 0),
            (_file, FileMode.Open, FileAccess.Read, (FileShare)128, FileOptions.None, 0),
            (_file, FileMode.Open, FileAccess.Read, FileShare.Read, (FileOptions)7, 0),
            (_file, FileMode.Append, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            (_file, FileMode.Append, FileAccess.Write, FileShare.Read, FileOptions.None, 0),
            (_file, FileMode.Create, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            (_file, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None, 100),
            (_file, FileMode.Open, FileAccess.Write, FileShare.Read, FileOptions.None, 100),
            (missing, FileMode.CreateNew, FileAccess.Write, FileShare.Read, FileOptions.None, -1),
            (missing, FileMode.CreateNew, FileAccess.Write, FileShare.Read, FileOptions.DeleteOnClose, 4_096),
            (missing, FileMode.CreateNew, FileAccess.Write, FileShare.Read, FileOptions.DeleteOnClose, long.MaxValue),
            (new string('x', 300), FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None, 0),
            (_file, FileMode.Open, FileAccess.ReadWrite, FileShare.Inheritable, FileOptions.Encrypted, 0),
        ];
        foreach ((string? path, FileMode mode, FileAccess access, FileShare share, FileOptions options, long preallocation) in cases)
        {
            Outcome expected = Outcome.Of(() => Close(File.OpenHandle(path!, mode, access, share, options, preallocation)));
            Outcome actual = await Outcome.Of(async () => Close(await RunOpen()));
            string what = $"{path}, {mode}, {access}, {share}, {options}, {preallocation}";
            Assert.True(expected.Describe() == actual.Describe(), $"{what}: expected {expected.Describe()}, got {actual.Describe()}");

            ValueTask<SafeFileHandle> RunOpen() => FileCalls.OpenHandle(runtime, "test", path!, mode, access, share, options, preallocation, default);
            if (expected.Error is ArgumentException)
            {
                Assert.ThrowsAny<ArgumentException>(() => { _ = RunOpen().AsTask(); });
            }
        }
    }

    [Theory, CombinatorialLanes]
    public async Task A_file_that_is_not_shared_is_refused_as_the_class_library_does(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using SafeFileHandle holder = await FileCalls.OpenHandle(
            runtime, "test", _file, FileMode.Open, FileAccess.ReadWrite, FileShare.None, FileOptions.None, 0, default);
        Outcome expected = Outcome.Of(() => Close(File.OpenHandle(_file, FileMode.Open, FileAccess.ReadWrite, FileShare.None)));
        Outcome actual = await Outcome.Of(async () => Close(
            await FileCalls.OpenHandle(runtime, "test", _file, FileMode.Open, FileAccess.ReadWrite, FileShare.None, FileOptions.None, 0, default)));
        Assert.IsType<IOException>(expected.Error);
        Assert.Equal(expected.Describe(), actual.Describe());
    }

    [Fact]
    public void The_runtime_is_an_argument_too()
    {
        using Subject subject = Make("file");
        Assert.Throws<ArgumentNullException>(() => { _ = RandomAccessCalls.Read(null!, "t", subject.Handle!, new byte[1], 0, default).AsTask(); });
        Assert.Throws<ArgumentNullException>(() => { _ = RandomAccessCalls.Write(null!, "t", subject.Handle!, new byte[1], 0, default).AsTask(); });
        Assert.Throws<ArgumentNullException>(() => { _ = RandomAccessCalls.FlushToDisk(null!, "t", subject.Handle!, default).AsTask(); });
        Assert.Throws<ArgumentNullException>(() => { _ = LibcCalls.Read(null!, "t", default, subject.Handle!, new byte[1], 1, default).AsInt32().AsTask(); });
        Assert.Throws<ArgumentNullException>(() => { _ = WorkerCalls.Run(null!, "t", 0, static (_, _) => 0, default).AsTask(); });
    }

    private static long Close(SafeFileHandle handle)
    {
        Assert.False(handle.IsInvalid);
        handle.Dispose();
        return 0;
    }

    private static int Zero(Action action)
    {
        action();
        return 0;
    }

    private static async ValueTask<int> Zero(ValueTask task)
    {
        await task.ConfigureAwait(false);
        return 0;
    }

    private static void Check(Outcome expected, Outcome actual, string what)
    {
        Assert.True(expected.Describe() == actual.Describe(), $"{what}: expected {expected.Describe()}, got {actual.Describe()}");
        if (expected.Error is ArgumentException and not ArgumentOutOfRangeException { ParamName: "value" } or ObjectDisposedException or NullReferenceException)
        {
            Assert.True(actual.Synchronous, $"{what}: an argument error came through the task.");
        }
    }

    private Subject Make(string kind)
    {
        switch (kind)
        {
            case "null":
                return new Subject(null);
            case "closed":
                SafeFileHandle closed = File.OpenHandle(_file);
                closed.Dispose();
                return new Subject(closed);
            case "invalid":
                return new Subject(new SafeFileHandle(-1, ownsHandle: false));
            case "bad":
                return new Subject(new SafeFileHandle(99_999, ownsHandle: false));
            case "file":
                return new Subject(File.OpenHandle(Fresh(), FileMode.Open, FileAccess.ReadWrite));
            case "readonly":
                return new Subject(File.OpenHandle(_file, FileMode.Open, FileAccess.Read));
            case "writeonly":
                // One path for both sides: it is in the message.
                return new Subject(File.OpenHandle(_file, FileMode.Open, FileAccess.Write));
            case "bare":
                return new Subject(Native.OpenFile(_file, Native.WriteOnly));
            case "link":
                string link = Path.Combine(_folder, "link");
                File.Delete(link);
                File.CreateSymbolicLink(link, _file);
                return new Subject(File.OpenHandle(link, FileMode.Open, FileAccess.Write));
            case "deleted":
                string doomed = Path.Combine(_folder, "doomed");
                File.Copy(_file, doomed, overwrite: true);
                SafeFileHandle open = File.OpenHandle(doomed, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
                File.Delete(doomed);
                return new Subject(open);
            case "directory":
                return new Subject(Native.OpenFile(_folder, Native.ReadOnly));
            case "full":
                return new Subject(File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite));
            case "zero":
                return new Subject(File.OpenHandle("/dev/zero", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite));
            case "socket":
                var socket = new System.Net.Sockets.Socket(
                    System.Net.Sockets.AddressFamily.InterNetwork, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
                return new Subject(new SafeFileHandle(socket.Handle, ownsHandle: false), socket);
            default:
                var pipe = new TestPipe(kind == "nonblocking" ? TestPipe.NonBlock : 0);
                if (kind == "reader")
                {
                    Native.WriteAll(pipe.Writer, [1, 2, 3, 4, 5, 6, 7]);
                }
                else if (kind == "broken")
                {
                    pipe.Reader.Dispose();
                }

                return new Subject(kind is "reader" or "nonblocking" ? pipe.Reader : pipe.Writer, pipe);
        }
    }

    private string Fresh()
    {
        string path = Path.Combine(_folder, "fresh");
        File.Copy(_file, path, overwrite: true);
        return path;
    }

    private sealed class Subject(SafeFileHandle? handle, IDisposable? more = null) : IDisposable
    {
        public SafeFileHandle? Handle { get; } = handle;

        public void Dispose()
        {
            Handle?.Dispose();
            more?.Dispose();
        }
    }

    private sealed record Outcome(long Result, Exception? Error, bool Synchronous)
    {
        public static Outcome Of(Func<long> call)
        {
            try
            {
                return new Outcome(call(), null, false);
            }
            catch (Exception exception)
            {
                return new Outcome(0, exception, true);
            }
        }

        public static async Task<Outcome> Of(Func<ValueTask<int>> call)
        {
            ValueTask<int> started;
            try
            {
                started = call();
            }
            catch (Exception exception)
            {
                return new Outcome(0, exception, true);
            }

            try
            {
                return new Outcome(await started.Bound().ConfigureAwait(false), null, false);
            }
            catch (Exception exception)
            {
                return new Outcome(0, exception, false);
            }
        }

        public static async Task<Outcome> Of(Func<Task<long>> call)
        {
            try
            {
                return new Outcome(await call().Bound().ConfigureAwait(false), null, false);
            }
            catch (Exception exception)
            {
                return new Outcome(0, exception, false);
            }
        }

        public string Describe() => Error is null
            ? Result.ToString(System.Globalization.CultureInfo.InvariantCulture)
            : $"{Error.GetType().FullName} 0x{Error.HResult:x}: {Error.Message} / {(Error as ArgumentException)?.ParamName} / {Describe(Error.InnerException)}";

        private static string Describe(Exception? inner) => inner is null ? "no inner" : $"{inner.GetType().FullName} 0x{inner.HResult:x}: {inner.Message}";
    }
}
