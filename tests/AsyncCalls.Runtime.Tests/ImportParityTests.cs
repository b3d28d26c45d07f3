using System.Runtime.InteropServices;
using AsyncCalls.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>The twins of imports against the imports: the same result and the same error number, on every lane.</summary>
public sealed class ImportParityTests : IDisposable
{
    private const AsyncCallErrors Plain = AsyncCallErrors.ReturnValue;
    private const int BadNumber = 99_999;

    private readonly string _folder = Directory.CreateTempSubdirectory("asynccalls").FullName;
    private readonly string _file;

    public ImportParityTests()
    {
        _file = Path.Combine(_folder, "file");
        File.WriteAllBytes(_file, [.. Enumerable.Range(0, 100).Select(i => (byte)i)]);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, CombinatorialLanes]
    public unsafe void Transfers_answer_as_the_system_call_does(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using SafeFileHandle reader = Native.OpenFile(_file, Native.ReadOnly);
        using SafeFileHandle writer = Native.OpenFile(_file, Native.WriteOnly);
        using SafeFileHandle directory = Native.OpenFile(_folder, Native.ReadOnly);
        using SafeFileHandle zero = Native.OpenFile("/dev/zero", Native.ReadWrite);
        using SafeFileHandle full = Native.OpenFile("/dev/full", Native.ReadWrite);
        using SafeFileHandle process = Native.OpenFile("/proc/self/stat", Native.ReadOnly);
        using var pipe = new TestPipe(TestPipe.NonBlock);
        using var broken = new TestPipe();
        using var ended = new TestPipe();
        broken.Reader.Dispose();
        ended.Writer.Dispose();
        SafeFileHandle[] handles = [reader, writer, directory, zero, full, process, pipe.Reader, pipe.Writer, broken.Writer, ended.Reader];
        int[] numbers = [.. handles.Select(handle => (int)handle.DangerousGetHandle()), -1, BadNumber];
        foreach (int fd in numbers)
        {
            SafeFileHandle? handle = handles.FirstOrDefault(candidate => (int)candidate.DangerousGetHandle() == fd);
            foreach (int length in (int[])[0, 5, 300])
            {
                foreach (long offset in (long[])[0, 95, 100, 5_000, -1, long.MinValue, long.MaxValue])
                {
                    byte[] buffer = new byte[length];
                    fixed (byte* start = buffer)
                    {
                        nuint count = (nuint)length;
                        (long, int) expected = Raw(Native.pread(fd, start, count, offset));
                        Same(expected, () => LibcCalls.PRead(runtime, "t", Plain, fd, buffer, count, offset, default).AsIntPtr(), $"pread({fd}, {length}, {offset})");
                        if (handle is not null)
                        {
                            Same(expected, () => LibcCalls.PRead(runtime, "t", Plain, handle, buffer, count, offset, default).AsIntPtr(), $"pread(handle {fd}, {length}, {offset})");
                        }

                        if (fd == (int)writer.DangerousGetHandle() && offset >= 0 && offset != long.MaxValue)
                        {
                            continue;
                        }

                        expected = Raw(Native.pwrite(fd, start, count, offset));
                        Same(expected, () => LibcCalls.PWrite(runtime, "t", Plain, fd, buffer, count, offset, default).AsIntPtr(), $"pwrite({fd}, {length}, {offset})");
                    }
                }
            }
        }
    }

    [Theory, CombinatorialLanes]
    public unsafe void Reads_and_writes_at_the_position_answer_as_the_system_call_does(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using SafeFileHandle first = Native.OpenFile(_file, Native.ReadOnly);
        using SafeFileHandle second = Native.OpenFile(_file, Native.ReadOnly);
        using SafeFileHandle directory = Native.OpenFile(_folder, Native.ReadOnly);
        using SafeFileHandle full = Native.OpenFile("/dev/full", Native.ReadWrite);
        using var empty = new TestPipe(TestPipe.NonBlock);
        using var broken = new TestPipe();
        using var ended = new TestPipe();
        broken.Reader.Dispose();
        ended.Writer.Dispose();
        byte[] expectedBytes = new byte[30];
        byte[] actualBytes = new byte[30];
        fixed (byte* start = expectedBytes)
        {
            for (int i = 0; i < 5; i++)
            {
                (long, int) expected = Raw(Native.read((int)first.DangerousGetHandle(), start, 30));
                Same(expected, () => LibcCalls.Read(runtime, "t", Plain, second, actualBytes, 30, default).AsIntPtr(), $"read {i}");
                Assert.Equal(expectedBytes, actualBytes);
            }

            foreach (int fd in (int[])[(int)directory.DangerousGetHandle(), -1, BadNumber, (int)empty.Reader.DangerousGetHandle(), (int)empty.Writer.DangerousGetHandle(), (int)ended.Reader.DangerousGetHandle()])
            {
                (long, int) expected = Raw(Native.read(fd, start, 30));
                Same(expected, () => LibcCalls.Read(runtime, "t", Plain, fd, actualBytes, 30, default).AsIntPtr(), $"read({fd})");
            }

            foreach (int fd in (int[])[(int)first.DangerousGetHandle(), -1, BadNumber, (int)full.DangerousGetHandle(), (int)broken.Writer.DangerousGetHandle(), (int)empty.Reader.DangerousGetHandle()])
            {
                (long, int) expected = Raw(Native.write(fd, start, 30));
                Same(expected, () => LibcCalls.Write(runtime, "t", Plain, fd, actualBytes, 30, default).AsIntPtr(), $"write({fd})");
            }
        }
    }

    [Theory, CombinatorialLanes]
    public void Calls_on_files_answer_as_the_system_call_does(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using SafeFileHandle reader = Native.OpenFile(_file, Native.ReadOnly);
        using SafeFileHandle writer = Native.OpenFile(_file, Native.ReadWrite);
        using var pipe = new TestPipe();
        foreach (int fd in (int[])[(int)reader.DangerousGetHandle(), (int)writer.DangerousGetHandle(), (int)pipe.Reader.DangerousGetHandle(), -1, BadNumber])
        {
            Same(Raw(Native.fsync(fd)), () => LibcTwins.FSync(runtime, "t", Plain, fd, default).AsInt32(), $"fsync({fd})");
            Same(Raw(Native.fdatasync(fd)), () => LibcTwins.FDataSync(runtime, "t", Plain, fd, default).AsInt32(), $"fdatasync({fd})");
            foreach (long length in (long[])[100, -1, long.MaxValue])
            {
                Same(Raw(Native.ftruncate(fd, length)), () => LibcTwins.FTruncate(runtime, "t", Plain, fd, length, default).AsInt32(), $"ftruncate({fd}, {length})");
            }

            foreach ((int mode, long offset, long length) in ((int, long, long)[])[(0, 0, 100), (0, -1, 100), (0, 0, 0), (77, 0, 100), (0, long.MaxValue, 1)])
            {
                Same(
                    Raw(Native.fallocate(fd, mode, offset, length)),
                    () => LibcTwins.FAllocate(runtime, "t", Plain, fd, mode, offset, length, default).AsInt32(),
                    $"fallocate({fd}, {mode}, {offset}, {length})");
            }
        }

        foreach (int fd in (int[])[-1, BadNumber])
        {
            Same(Raw(Native.close(fd)), () => LibcTwins.Close(runtime, "t", Plain, fd, default).AsInt32(), $"close({fd})");
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Open_and_close_answer_as_the_system_call_does(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using SafeFileHandle directory = Native.OpenFile(_folder, Native.ReadOnly);
        int at = (int)directory.DangerousGetHandle();
        foreach (string path in (string[])[Path.Combine(_folder, "missing"), Path.Combine(_file, "below"), new string('x', 5_000), "/" + new string('y', 300), "", _folder])
        {
            Same(Raw(Native.open(path, Native.WriteOnly, 0)), () => LibcTwins.Open(runtime, "t", Plain, path, Native.WriteOnly, 0, default).AsInt32(), $"open({path})");
            Same(Raw(Native.openat(at, path, Native.WriteOnly, 0)), () => LibcTwins.OpenAt(runtime, "t", Plain, directory, path, Native.WriteOnly, 0, default).AsInt32(), $"openat({path})");
            Same(Raw(Native.openat(BadNumber, path, Native.WriteOnly, 0)), () => LibcTwins.OpenAt(runtime, "t", Plain, BadNumber, path, Native.WriteOnly, 0, default).AsInt32(), $"openat(bad, {path})");
        }

        SafeFileHandle invalid = await LibcTwins.Open(runtime, "t", Plain, "/missing", 0, 0, default).AsFileHandle();
        Assert.Equal(2, Marshal.GetLastPInvokeError());
        Assert.True(invalid.IsInvalid);

        int fd = await LibcTwins.OpenAt(runtime, "t", Plain, directory, "made", Native.Create | Native.ReadWrite | Native.CloseOnExec, 0x180, default).AsInt32();
        Assert.True(fd >= 0);
        Assert.True(File.Exists(Path.Combine(_folder, "made")));
        Assert.Equal(0, await LibcTwins.Close(runtime, "t", Plain, fd, default).AsInt32());

        using SafeFileHandle opened = await LibcTwins.Open(runtime, "t", Plain, _file, Native.CloseOnExec, 0, default).AsFileHandle();
        Assert.False(opened.IsInvalid);
        Assert.Equal(100, RandomAccess.GetLength(opened));
    }

    [Theory, CombinatorialLanes]
    public void A_count_larger_than_its_buffer_is_refused_at_once(Lane lane)
    {
        using AsyncCallRuntime runtime = lane.NewRuntime();
        using SafeFileHandle file = Native.OpenFile(_file, Native.ReadWrite);
        byte[] buffer = new byte[10];
        int fd = (int)file.DangerousGetHandle();
        foreach (nuint count in (nuint[])[11, nuint.MaxValue, unchecked((nuint)(-1L)), 1u << 31])
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => { _ = LibcCalls.Read(runtime, "t", Plain, file, buffer, count, default); });
            Assert.Throws<ArgumentOutOfRangeException>(() => { _ = LibcCalls.Read(runtime, "t", Plain, fd, buffer, count, default); });
            Assert.Throws<ArgumentOutOfRangeException>(() => { _ = LibcCalls.PRead(runtime, "t", Plain, file, buffer, count, 0, default); });
            Assert.Throws<ArgumentOutOfRangeException>(() => { _ = LibcCalls.PRead(runtime, "t", Plain, fd, buffer, count, 0, default); });
            Assert.Throws<ArgumentOutOfRangeException>(() => { _ = LibcCalls.Write(runtime, "t", Plain, file, buffer, count, default); });
            Assert.Throws<ArgumentOutOfRangeException>(() => { _ = LibcCalls.Write(runtime, "t", Plain, fd, buffer, count, default); });
            Assert.Throws<ArgumentOutOfRangeException>(() => { _ = LibcCalls.PWrite(runtime, "t", Plain, file, buffer, count, 0, default); });
            Assert.Throws<ArgumentOutOfRangeException>(() => { _ = LibcCalls.PWrite(runtime, "t", Plain, fd, buffer, count, 0, default); });
        }

        Assert.Throws<ArgumentNullException>(() => { _ = LibcCalls.Read(runtime, "t", Plain, null!, buffer, 1, default); });
        Assert.Throws<ArgumentNullException>(() => { _ = LibcTwins.FSync(runtime, "t", Plain, null!, default); });
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => { _ = LibcCalls.Read(runtime, "t", Plain, file, buffer, 1, default); });
        Assert.Throws<ObjectDisposedException>(() => { _ = LibcTwins.FSync(runtime, "t", Plain, file, default); });
    }

    [Theory, CombinatorialLanes]
    public async Task Errors_become_exceptions_where_that_was_asked_for(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        const AsyncCallErrors Throw = AsyncCallErrors.Exception;
        using var broken = new TestPipe();
        broken.Reader.Dispose();
        string missing = Path.Combine(_folder, "missing");
        FileNotFoundException notFound = await Assert.ThrowsAsync<FileNotFoundException>(
            () => LibcTwins.Open(runtime, "t", Throw, missing, 0, 0, default).AsInt32().Bound());
        Assert.Equal(missing, notFound.FileName);
        await Assert.ThrowsAsync<IOException>(() => LibcCalls.Write(runtime, "t", Throw, broken.Writer, new byte[1], 1, default).AsIntPtr().Bound());
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => LibcCalls.Read(runtime, "t", Throw, BadNumber, new byte[1], 1, default).AsIntPtr().Bound());
        await Assert.ThrowsAsync<IOException>(() => LibcCalls.PRead(runtime, "t", Throw, BadNumber, new byte[1], 1, -1, default).AsIntPtr().Bound());
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => LibcTwins.FSync(runtime, "t", Throw, BadNumber, default).AsVoid().Bound());
    }

    private static (long Result, int Error) Raw(nint result) => (result, result < 0 ? Marshal.GetLastPInvokeError() : 0);

    private static void Same((long Result, int Error) expected, Func<ValueTask<nint>> call, string what) =>
        Check(expected, async () => Now(await call().ConfigureAwait(false)), what);

    private static void Same((long Result, int Error) expected, Func<ValueTask<int>> call, string what) =>
        Check(expected, async () => Now(await call().ConfigureAwait(false)), what);

    /// <summary>The result, and the error number of the thread that resumed.</summary>
    private static (long Result, int Error) Now(long result) => (result, result < 0 ? Marshal.GetLastPInvokeError() : 0);

    private static void Check((long Result, int Error) expected, Func<Task<(long Result, int Error)>> call, string what)
    {
        (long Result, int Error) actual = Task.Run(call).WaitAsync(Bounded.Limit).GetAwaiter().GetResult();
        Assert.True(expected == actual, $"{what}: expected {expected}, got {actual}");
    }
}
