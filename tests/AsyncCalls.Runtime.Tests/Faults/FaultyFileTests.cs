using AsyncCalls.CompilerServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests.Faults;

/// <summary>Files whose calls fail, come back short or late: each form of a call answers as the plain system call does, and nothing of it is left.</summary>
[Collection(FaultProgram.Name)]
public sealed class FaultyFileTests(FaultProgram program)
{
    private const int Eintr = 4;
    private const int Enospc = 28;

    /// <summary>EPERM, ENOENT, EIO, ENXIO, EBADF, EAGAIN, ENOMEM, EACCES, EBUSY, EEXIST, ENODEV, ENOTDIR, EISDIR, EINVAL, EFBIG, ENOSPC, ESPIPE, EROFS, EPIPE, ENAMETOOLONG, EOPNOTSUPP, ENOTCONN, ETIMEDOUT, ESTALE, EREMOTEIO, EDQUOT.</summary>
    private static readonly int[] Errors = [1, 2, 5, 6, 9, 11, 12, 13, 16, 17, 19, 20, 21, 22, 27, 28, 29, 30, 32, 36, 95, 107, 110, 116, 121, 122];

    /// <summary>A file and a file that is opened with O_DIRECT take different ways.</summary>
    private static readonly int[] Openings = [Native.ReadWrite, Native.ReadWrite | Native.Direct];

    [Theory, CombinatorialLanes]
    public async Task Each_error_is_the_same_in_every_form(Lane lane)
    {
        using FaultFileSystem files = program.Mount();
        await using var scene = new FaultScene(lane);
        foreach (int errno in Errors)
        {
            foreach (int flags in Openings)
            {
                foreach ((string fault, FileCall call) in (IEnumerable<(string, FileCall)>)
                    [
                        ("read", FileCall.Read), ("read", FileCall.ReadAt(8)), ("write", FileCall.Write), ("write", FileCall.WriteAt(8)),
                        ("sync", FileCall.Sync with { Original = null }), ("sync", FileCall.DataSync), ("size", FileCall.Truncate(100)),
                    ])
                {
                    string name = $"{fault}.fail.{errno}";
                    Assert.Equal(-errno, await scene.AgreeAsync(call, () => files.Open(name, flags), () => OpenByLibrary(files[name])));
                }
            }
        }

        // The kernel has an answer of its own where a file system does not know fallocate.
        foreach (int errno in Errors.Where(static errno => errno != 95))
        {
            Assert.Equal(-errno, await scene.AgreeAsync(FileCall.Allocate(100), () => files.Open($"size.fail.{errno}")));
        }

        await scene.EndAsync();
        files.AssertNothingIsOpen();
    }

    /// <summary>
    /// The class library of .NET 10 does not hear of a failure of fsync(2). Its twin tells, in the way that the class library tells the same failure of a write: data that did not
    /// reach the disk must not pass for data that did.
    /// </summary>
    [Theory, CombinatorialLanes]
    public async Task A_failed_fsync_is_told(Lane lane)
    {
        using FaultFileSystem files = program.Mount();
        await using var scene = new FaultScene(lane);
        foreach (int errno in Errors)
        {
            using SafeFileHandle synced = OpenByLibrary(files[$"sync.fail.{errno}"]);
            using SafeFileHandle written = OpenByLibrary(files[$"write.fail.{errno}"]);
            string told = await FaultScene.InWordsAsync(() => FileCall.Sync.Twin!(scene.Runtime, synced, scene.Buffer, default));
            string original = await FaultScene.InWordsAsync(() => Task.FromResult(FileCall.Sync.Original!(synced, [])));
            string asWrite = await FaultScene.InWordsAsync(() => Task.FromResult(FileCall.WriteAt(8).Original!(written, new byte[1])));

            // EINVAL, EROFS, EOPNOTSUPP: nothing that could be synchronised.
            bool nothingToLose = errno is 22 or 30 or 95;
            Assert.Equal(nothingToLose ? "result 0" : asWrite.Replace("write.fail", "sync.fail", StringComparison.Ordinal), told);
            Assert.True(original == "result 0" || original == told, $"{original} instead of {told}");
        }

        await scene.EndAsync();
        files.AssertNothingIsOpen();
    }

    [Theory, CombinatorialLanes]
    public async Task Opening_fails_as_the_original_does(Lane lane)
    {
        using FaultFileSystem files = program.Mount();
        await using var scene = new FaultScene(lane);
        foreach (int errno in Errors)
        {
            string path = files[$"open.fail.{errno}"];
            Assert.Equal(-1, Native.open(path, Native.ReadOnly, 0));
            Assert.Equal(errno, System.Runtime.InteropServices.Marshal.GetLastPInvokeError());
            (int Result, int Error) answer = await Task.Run(async () =>
            {
                int result = await LibcTwins.Open(scene.Runtime, "t", AsyncCallErrors.ReturnValue, path, Native.ReadOnly, 0, default).AsInt32().ConfigureAwait(false);
                return (result, System.Runtime.InteropServices.Marshal.GetLastPInvokeError());
            }).Bound();
            Assert.Equal((-1, errno), answer);
            Assert.Equal(
                await FaultScene.InWordsAsync(() => Task.FromResult((long)OpenByLibrary(path).DangerousGetHandle())),
                await FaultScene.InWordsAsync(async () => (long)(await CompilerServices.FileCalls.OpenHandle(
                    scene.Runtime, "t", path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, FileOptions.None, 0, default).Bound()).DangerousGetHandle()));
            Assert.Equal(-errno, OpenByBlock(scene, path));
        }

        await scene.EndAsync();
        files.AssertNothingIsOpen();
    }

    [Theory, CombinatorialLanes]
    public async Task A_short_transfer_is_returned_as_it_is(Lane lane)
    {
        using FaultFileSystem files = program.Mount();
        await using var scene = new FaultScene(lane);
        foreach (int flags in Openings)
        {
            foreach ((string fault, FileCall call) in (IEnumerable<(string, FileCall)>)
                [("read", FileCall.Read), ("read", FileCall.ReadAt(8)), ("write", FileCall.Write), ("write", FileCall.WriteAt(8))])
            {
                // The class library reads once, and writes until all is written: that is compared as well.
                Assert.Equal(3, await scene.AgreeAsync(call, () => files.Open($"{fault}.short.3", flags)));
            }
        }

        byte[] data = [1, 2, 3, 4, 5, 6, 7, 8];
        using (SafeFileHandle file = OpenByLibrary(files["write.short.3.whole"]))
        {
            await RandomAccessCalls.Write(scene.Runtime, "t", file, data, 20, default).Bound();
            byte[] written = new byte[data.Length];
            Assert.Equal(data.Length, await RandomAccessCalls.Read(scene.Runtime, "t", file, written, 20, default).Bound());
            Assert.Equal(data, written);
        }

        await scene.EndAsync();
        files.AssertNothingIsOpen();
    }

    /// <summary>Room for a part: write(2) answers with the part, and the next one with ENOSPC; the class library's write throws, and leaves the part.</summary>
    [Theory, CombinatorialLanes]
    public async Task A_write_that_runs_out_of_room_leaves_what_fitted(Lane lane)
    {
        using FaultFileSystem files = program.Mount();
        await using var scene = new FaultScene(lane);
        foreach (int flags in Openings)
        {
            Assert.Equal(4, await scene.AgreeAsync(FileCall.WriteAt(8), () => files.Open("write.full.12", flags)));
            Assert.Equal(-Enospc, await scene.AgreeAsync(FileCall.WriteAt(12), () => files.Open("write.full.12", flags)));
            using SafeFileHandle file = files.Open("write.full.12", flags);
            byte[] data = [11, 12, 13, 14, 15, 16];
            IOException thrown = await Assert.ThrowsAsync<IOException>(() => RandomAccessCalls.Write(scene.Runtime, "t", file, data, 9, default).Bound());
            Assert.Equal(Enospc, thrown.HResult);
            byte[] left = new byte[4];
            Assert.Equal(4, await RandomAccessCalls.Read(scene.Runtime, "t", file, left, 9, default).Bound());
            Assert.Equal(data[..3], left[..3]);
            Assert.Equal((byte)((12 * 7) + 3), left[3]);
        }

        await scene.EndAsync();
        files.AssertNothingIsOpen();
    }

    [Theory, CombinatorialLanes]
    public async Task EINTR_is_delivered_to_imports_and_retried_for_the_class_library(Lane lane)
    {
        using FaultFileSystem files = program.Mount();
        await using var scene = new FaultScene(lane);
        foreach ((string fault, FileCall call) in (IEnumerable<(string, FileCall)>)
            [
                ("read", FileCall.Read), ("read", FileCall.ReadAt(8)), ("write", FileCall.Write), ("write", FileCall.WriteAt(8)), ("sync", FileCall.Sync), ("sync", FileCall.DataSync),
            ])
        {
            foreach (int flags in Openings)
            {
                // As often as the file is asked without the class library: plainly, by the twin, by a block, at once.
                string name = $"{fault}.interrupted.4.{call.Name}.{flags}";
                Assert.Equal(-Eintr, await scene.AgreeAsync(call with { Original = null }, () => files.Open(name, flags)));
                if (call.Twin is { } twin)
                {
                    // It answers well the next time, and then four times EINTR.
                    using SafeFileHandle file = files.Open(name, flags);
                    long expected = call.Original!(file, new byte[FileCall.Bytes]);
                    Assert.Equal(expected, await twin(scene.Runtime, file, scene.Buffer, default));
                    Assert.Equal(expected, await twin(scene.Runtime, file, scene.Buffer, default));
                }
            }
        }

        await scene.EndAsync();
        files.AssertNothingIsOpen();
    }

    [Theory, CombinatorialLanes]
    public async Task What_comes_late_comes_whole_and_waits_for_nobody_else(Lane lane)
    {
        using FaultFileSystem files = program.Mount();
        await using var scene = new FaultScene(lane);
        using (SafeFileHandle late = files.Open("read.late.200"))
        using (SafeFileHandle soon = files.Open("read.none"))
        {
            Task<nint>[] reads = [.. Enumerable.Range(0, 8).Select(i => FileCall.ReadAt(i).Import(scene.Runtime, late, new byte[FileCall.Bytes], default).AsIntPtr().AsTask())];
            Task<nint> quick = FileCall.ReadAt(0).Import(scene.Runtime, soon, scene.Buffer, default).AsIntPtr().AsTask();
            Task write = RandomAccessCalls.Write(scene.Runtime, "t", soon, new byte[5], 0, default).AsTask();
            Assert.Equal(FileCall.Bytes, await quick.Bound());
            await write.Bound();
            foreach (Task<nint> read in reads)
            {
                Assert.Equal(FileCall.Bytes, await read.Bound());
            }
        }

        await scene.EndAsync();
        files.AssertNothingIsOpen();
    }

    private static SafeFileHandle OpenByLibrary(string path) => File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

    private static long OpenByBlock(FaultScene scene, string path)
    {
        using BufferLease text = scene.Context.Pin(System.Text.Encoding.UTF8.GetBytes(path + "\0"));
        scene.Context.Submit(Iocb.OpenAt(null, text, Native.ReadOnly).With(1));
        return scene.Context.ReapOne().Result;
    }
}
