using System.Runtime.InteropServices;
using AsyncCalls.CompilerServices;
using AsyncCalls.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests.Faults;

/// <summary>What the kernel itself refuses, in every form of a call: EBADF, EAGAIN, EISDIR, EFBIG, ESPIPE, EPIPE, ENXIO, ENOSPC, EIO, EINTR.</summary>
public sealed class DescriptorFaultTests : IDisposable
{
    private const int Eintr = 4;
    private const int Eio = 5;
    private const int Enxio = 6;
    private const int Ebadf = 9;
    private const int Eagain = 11;
    private const int Eisdir = 21;
    private const int Efbig = 27;
    private const int Enospc = 28;
    private const int Espipe = 29;
    private const int Epipe = 32;

    /// <summary>Far from the signals that the runtime would take.</summary>
    private const int ForeignSignal = 63;

    private readonly string _folder = Directory.CreateTempSubdirectory("asynccalls-faults-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, CombinatorialLanes]
    public async Task Refusals_are_the_same_in_every_form(Lane lane)
    {
        await using var scene = new FaultScene(lane);
        string path = Path.Combine(_folder, "file");
        await File.WriteAllBytesAsync(path, new byte[100]);
        SafeFileHandle Reader() => Native.OpenFile(path, Native.ReadOnly);
        SafeFileHandle Writer() => Native.OpenFile(path, Native.WriteOnly);
        SafeFileHandle Directory() => Native.OpenFile(_folder, Native.ReadOnly);

        Assert.Equal(-Ebadf, await scene.AgreeAsync(FileCall.Read, Writer));
        Assert.Equal(-Ebadf, await scene.AgreeAsync(FileCall.ReadAt(8), Writer, () => File.OpenHandle(path, FileMode.Open, FileAccess.Write)));
        Assert.Equal(-Ebadf, await scene.AgreeAsync(FileCall.Write, Reader));
        Assert.Equal(-Ebadf, await scene.AgreeAsync(FileCall.WriteAt(8), Reader, () => File.OpenHandle(path)));
        Assert.Equal(-Eisdir, await scene.AgreeAsync(FileCall.Read, Directory));
        Assert.Equal(-Eisdir, await scene.AgreeAsync(FileCall.ReadAt(8), Directory));

        // Beyond the largest offset of any file system, and of this one.
        Assert.Equal(-Efbig, await scene.AgreeAsync(FileCall.WriteAt(long.MaxValue - FileCall.Bytes), () => Native.OpenFile(path, Native.ReadWrite)));
        Assert.Equal(-Efbig, await scene.AgreeAsync(FileCall.Allocate(long.MaxValue), () => Native.OpenFile(path, Native.ReadWrite)));
        Assert.Equal(-Enospc, await scene.AgreeAsync(FileCall.Write, static () => Native.OpenFile("/dev/full", Native.ReadWrite)));
        Assert.Equal(-Enospc, await scene.AgreeAsync(FileCall.WriteAt(8), static () => Native.OpenFile("/dev/full", Native.ReadWrite)));

        // Nothing is mapped at address 8 of this process.
        Assert.Equal(-Eio, await scene.AgreeAsync(FileCall.ReadAt(8), static () => Native.OpenFile("/proc/self/mem", Native.ReadOnly)));
        await scene.EndAsync();
    }

    [Theory, CombinatorialLanes]
    public async Task Pipes_refuse_in_the_same_way_in_every_form(Lane lane)
    {
        await using var scene = new FaultScene(lane);
        var pipes = new List<TestPipe>();
        TestPipe New(int flags = 0)
        {
            pipes.Add(new TestPipe(flags));
            return pipes[^1];
        }

        SafeFileHandle Full()
        {
            TestPipe pipe = New(TestPipe.NonBlock);
            while (Native.WriteOnce(pipe.Writer, new byte[4096]) > 0)
            {
            }

            return pipe.Writer;
        }

        SafeFileHandle Broken()
        {
            TestPipe pipe = New();
            pipe.Reader.Dispose();
            return pipe.Writer;
        }

        Assert.Equal(-Eagain, await scene.AgreeAsync(FileCall.Read, () => New(TestPipe.NonBlock).Reader));
        Assert.Equal(-Eagain, await scene.AgreeAsync(FileCall.Write, Full));
        Assert.Equal(-Epipe, await scene.AgreeAsync(FileCall.Write, Broken));
        Assert.Equal(-Espipe, await scene.AgreeAsync(FileCall.ReadAt(8) with { Original = null }, () => New().Reader));
        Assert.Equal(-Espipe, await scene.AgreeAsync(FileCall.WriteAt(8) with { Original = null }, () => New().Writer));
        await scene.EndAsync();
        pipes.ForEach(static pipe => pipe.Dispose());
    }

    [Theory, CombinatorialLanes]
    public async Task A_number_that_is_no_descriptor_is_EBADF(Lane lane)
    {
        const int Nobody = 99_999;
        await using var scene = new FaultScene(lane);
        Memory<byte> buffer = scene.Buffer;
        Assert.Equal(-Ebadf, await AnswerAsync(() => LibcCalls.Read(scene.Runtime, "t", AsyncCallErrors.ReturnValue, Nobody, buffer, 4, default)));
        Assert.Equal(-Ebadf, await AnswerAsync(() => LibcCalls.PWrite(scene.Runtime, "t", AsyncCallErrors.ReturnValue, Nobody, buffer, 4, 0, default)));
        Assert.Equal(-Ebadf, await AnswerAsync(() => LibcTwins.FSync(scene.Runtime, "t", AsyncCallErrors.ReturnValue, Nobody, default)));
        Assert.Equal(-Ebadf, await AnswerAsync(() => LibcTwins.FTruncate(scene.Runtime, "t", AsyncCallErrors.ReturnValue, Nobody, 0, default)));
        Assert.Equal(-Ebadf, await AnswerAsync(() => LibcTwins.Close(scene.Runtime, "t", AsyncCallErrors.ReturnValue, Nobody, default)));
        AssertEvents(scene.Context, Nobody);
        await scene.EndAsync();
    }

    /// <summary>A pipe that nobody reads, opened without waiting; and a device whose driver is not there, where one can be made.</summary>
    [Theory, CombinatorialLanes]
    public async Task Opening_what_has_nobody_behind_it_is_ENXIO(Lane lane)
    {
        const uint CharacterDevice = 0x2000 | 0x1A4;
        const int ForLocalUse = 60 << 8;
        await using var scene = new FaultScene(lane);
        string pipe = Path.Combine(_folder, "pipe");
        string device = Path.Combine(_folder, "device");
        Assert.Equal(0, Native.mkfifo(pipe, 0x1A4));
        var cases = new List<(string Path, int Flags)> { (pipe, Native.WriteOnly | TestPipe.NonBlock) };
        if (Native.mknod(device, CharacterDevice, ForLocalUse) == 0)
        {
            cases.Add((device, Native.ReadWrite));
        }

        foreach ((string path, int flags) in cases)
        {
            if (Native.open(path, flags, 0) >= 0 || Marshal.GetLastPInvokeError() != Enxio)
            {
                // A container may forbid devices altogether, and then says so.
                Assert.Equal(device, path);
                continue;
            }

            Assert.Equal(-Enxio, await AnswerAsync(() => LibcTwins.Open(scene.Runtime, "t", AsyncCallErrors.ReturnValue, path, flags, 0, default)));
            IOException thrown = await Assert.ThrowsAsync<IOException>(() => LibcTwins.Open(scene.Runtime, "t", AsyncCallErrors.Exception, path, flags, 0, default).AsInt32().Bound());
            Assert.Equal(Enxio, thrown.HResult);
            using BufferLease text = scene.Context.Pin(System.Text.Encoding.UTF8.GetBytes(path + "\0"));
            scene.Context.Submit(Iocb.OpenAt(null, text, flags).With(1));
            Assert.Equal(-Enxio, scene.Context.ReapOne().Result);
        }

        await scene.EndAsync();
    }

    /// <summary>
    /// Another library of the process sends signals, without SA_RESTART: a worker's system call ends with EINTR, which an import delivers; a call on io_uring does not notice.
    /// </summary>
    [Theory, CombinatorialLanes]
    public async Task A_signal_of_somebody_else_is_EINTR_or_nothing(Lane lane)
    {
        Assert.Equal(0, Syscalls.InstallHandler(ForeignSignal, NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "abs")));
        await using var scene = new FaultScene(lane);
        using var pipe = new TestPipe();
        Task<long> read = AnswerAsync(() => FileCall.Read.Import(scene.Runtime, pipe.Reader, scene.Buffer, default));
        PendingCall pending = await scene.RunningAsync();
        bool onWorker = pending.Backend == "workers";
        for (int round = 0; onWorker ? !read.IsCompleted : round < 200; round++)
        {
            foreach (int thread in ProcessWide.ThreadIdsOf(scene.Runtime))
            {
                Syscalls.SignalThread(thread, ForeignSignal);
            }

            await Task.Delay(1);
            Assert.True(round < Bounded.Limit.TotalMilliseconds, "The signals have no effect.");
        }

        Assert.Equal(onWorker, read.IsCompleted);
        Native.WriteAll(pipe.Writer, [1, 2, 3]);
        Assert.Equal(onWorker ? -Eintr : 3, await read);
        Assert.Equal(onWorker ? 3 : 0, onWorker ? (int)await AnswerAsync(() => FileCall.Read.Import(scene.Runtime, pipe.Reader, scene.Buffer, default)) : 0);
        await scene.EndAsync();
    }

    private static unsafe void AssertEvents(AsyncCallContext context, int fd)
    {
        byte* memory = stackalloc byte[4];
        foreach (Iocb block in (Iocb[])[Iocb.UnsafeRead(fd, memory, 4), Iocb.UnsafeWrite(fd, memory, 4, 0), Iocb.UnsafeClose(fd)])
        {
            context.Submit(block.With(1));
            Assert.Equal(-Ebadf, context.ReapOne().Result);
        }
    }

    private static Task<long> AnswerAsync(Func<ImportCall> call) => Task.Run(async () =>
    {
        nint result = await call().AsIntPtr().ConfigureAwait(false);
        return result < 0 ? -Marshal.GetLastPInvokeError() : (long)result;
    }).Bound();
}
