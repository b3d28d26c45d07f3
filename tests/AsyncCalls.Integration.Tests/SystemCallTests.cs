using System.Runtime.InteropServices;
using System.Text;
using AsyncCalls.Integration.Tests.Subjects;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests;

/// <summary>The twins of imports that are described argument by argument, against the imports.</summary>
public sealed class SystemCallTests
{
    private const int Stream = 1;
    private const int Unix = 1;

    [Theory, CombinatorialLanes]
    public async Task Calls_by_path_agree(Lane lane)
    {
        await using var agreement = new Agreement(lane);
        foreach (string kind in (string[])["directory", World.ReadWrite, "not open"])
        {
            foreach (string path in (string[])["data", "missing", "", "größe", "data/below"])
            {
                string what = $"{path} below {kind}";
                // The error number is asked for where the twin resumes: the lambda's own end may resume its caller elsewhere.
                await agreement.Method(
                    $"statx {what}",
                    world => (SystemCalls.statx(world.Handle(kind), path, 0, 0x3, world.Stat), Marshal.GetLastPInvokeError(), world.Stat[28]),
                    async world =>
                    {
                        int result = await SystemCalls.statxAsync(world.Handle(kind), path, 0, 0x3, world.Stat, agreement.Runtime).ConfigureAwait(false);
                        return (result, Marshal.GetLastPInvokeError(), world.Stat[28]);
                    });
                await agreement.Import(
                    $"renameat2 {what}",
                    world => SystemCalls.renameat2(world.Handle(kind), path, world.Handle("directory"), "to", 1),
                    world => SystemCalls.renameat2Async(world.Handle(kind), path, world.Handle("directory"), "to", 1, agreement.Runtime));
                await agreement.Import(
                    $"unlinkat {what}",
                    world => SystemCalls.unlinkat(world.Handle(kind), path, 0),
                    world => SystemCalls.unlinkatAsync(world.Handle(kind), path, 0, agreement.Runtime));
                await agreement.Import(
                    $"symlinkat {what}",
                    world => SystemCalls.symlinkat("data", world.Handle(kind), path),
                    world => SystemCalls.symlinkatAsync("data", world.Handle(kind), path, agreement.Runtime));
            }

            await agreement.Import(
                $"posix_fadvise {kind}",
                world => SystemCalls.posix_fadvise(world.Handle(kind), 0, 10, 99),
                world => SystemCalls.posix_fadviseAsync(world.Handle(kind), 0, 10, 99, agreement.Runtime));
        }

        foreach (string path in (string[])["~/data", "~/missing", "~/missing/deep"])
        {
            await agreement.Import(
                $"rename {path}",
                world => SystemCalls.rename(Opening.In(world, path), Opening.In(world, "~/to")),
                world => SystemCalls.renameAsync(Opening.In(world, path), Opening.In(world, "~/to"), agreement.Runtime));
            await agreement.Import(
                $"mkdir {path}",
                world => SystemCalls.mkdir(Opening.In(world, path), 0x1C0),
                world => SystemCalls.mkdirAsync(Opening.In(world, path), 0x1C0, agreement.Runtime));
            foreach (string name in (string[])["user.known", "bad"])
            {
                await agreement.Import(
                    $"setxattr {path} {name}",
                    world => SystemCalls.setxattr(Opening.In(world, path), name, world.Buffer, 9, 0),
                    world => SystemCalls.setxattrAsync(Opening.In(world, path), name, world.Buffer, 9, 0, agreement.Runtime));
                await agreement.Import(
                    $"getxattr {path} {name}",
                    world => SystemCalls.getxattr(Opening.In(world, path), name, world.Buffer, 40),
                    world => SystemCalls.getxattrAsync(Opening.In(world, path), name, world.Buffer, 40, agreement.Runtime));
            }
        }

        Assert.True(agreement.Compared.Failed > 20, $"Only {agreement.Compared} failed.");
    }

    [Theory, CombinatorialLanes]
    public async Task A_connection_is_made_used_and_ended(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        string folder = Directory.CreateTempSubdirectory("sockets").FullName;
        try
        {
            byte[] address = [1, 0, .. Encoding.UTF8.GetBytes(Path.Combine(folder, "listener")), 0];
            using SafeFileHandle listener = await SystemCalls.socketAsync(Unix, Stream | Libc.CloseOnExec, 0, runtime);
            Assert.Equal(0, await SystemCalls.bindAsync(listener, address, address.Length, runtime));
            Assert.Equal(0, await SystemCalls.listenAsync(listener, 4, runtime));

            // Nobody connects yet: the call waits, without a thread of the caller's.
            byte[] peer = new byte[110];
            uint[] peerLength = [110];
            Task<SafeFileHandle> accepting = SystemCalls.accept4Async(listener, peer, peerLength, Libc.CloseOnExec, runtime).AsTask();
            Assert.False(accepting.IsCompleted);
            using SafeFileHandle client = await SystemCalls.socketAsync(Unix, Stream | Libc.CloseOnExec, 0, runtime);
            Assert.Equal(0, await SystemCalls.connectAsync(client, address, address.Length, runtime));
            using SafeFileHandle server = await accepting.WaitAsync(TimeSpan.FromSeconds(20));
            Assert.False(server.IsInvalid);
            Assert.Equal(2u, peerLength[0]);

            // More than the connection holds: the send waits until all is sent, as a blocking one does.
            byte[] sent = [.. Enumerable.Range(0, 1 << 20).Select(i => (byte)(i * 7))];
            Task<nint> sending = SystemCalls.sendAsync(server, sent, (nuint)sent.Length, 0, runtime).AsTask();
            byte[] received = new byte[sent.Length];
            int done = 0;
            while (done < received.Length)
            {
                int got = (int)await SystemCalls.recvAsync(client, received.AsMemory(done), (nuint)(received.Length - done), 0, runtime).AsTask().WaitAsync(TimeSpan.FromSeconds(20));
                Assert.True(got > 0);
                done += got;
            }

            Assert.Equal(sent.Length, await sending.WaitAsync(TimeSpan.FromSeconds(20)));
            Assert.Equal(sent, received);

            Task<nint> end = SystemCalls.recvAsync(client, new byte[1], 1, 0, runtime).AsTask();
            Assert.Equal(0, await SystemCalls.shutdownAsync(server, 1, runtime));
            Assert.Equal(0, await end.WaitAsync(TimeSpan.FromSeconds(20)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory, CombinatorialLanes(Portable = false)]
    public async Task A_waiting_receive_is_cancelled_and_takes_nothing_along(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using SafeFileHandle socket = await SystemCalls.socketAsync(Unix, 2 | Libc.CloseOnExec, 0, runtime);
        string path = Path.Combine(Path.GetTempPath(), $"twin-{Guid.NewGuid():n}");
        byte[] address = [1, 0, .. Encoding.UTF8.GetBytes(path), 0];
        try
        {
            Assert.Equal(0, await SystemCalls.bindAsync(socket, address, address.Length, runtime));
            using var cancel = new CancellationTokenSource();
            byte[] buffer = new byte[16];
            Task<nint> receiving = SystemCalls.recvAsync(socket, buffer, 16, 0, runtime, cancel.Token).AsTask();
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving.WaitAsync(TimeSpan.FromSeconds(20)));
            using SafeFileHandle client = await SystemCalls.socketAsync(Unix, 2 | Libc.CloseOnExec, 0, runtime);
            Assert.Equal(0, await SystemCalls.connectAsync(client, address, address.Length, runtime));
            Assert.Equal(3, await SystemCalls.sendAsync(client, "abc"u8.ToArray(), 3, 0, runtime));
            Assert.Equal(3, await SystemCalls.recvAsync(socket, buffer, 16, 0, runtime));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory, CombinatorialLanes]
    public async Task Memory_that_is_too_small_is_refused_at_once(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using SafeFileHandle socket = await SystemCalls.socketAsync(Unix, Stream | Libc.CloseOnExec, 0, runtime);
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = SystemCalls.pipe2Async(new int[1], 0, runtime); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = SystemCalls.statxAsync(socket, "", 0, 1, new byte[255], runtime); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = SystemCalls.recvAsync(socket, new byte[4], 5, 0, runtime); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = SystemCalls.connectAsync(socket, new byte[4], 5, runtime); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = SystemCalls.connectAsync(socket, new byte[4], -1, runtime); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { _ = SystemCalls.accept4Async(socket, new byte[4], new uint[] { 5 }, 0, runtime); });
        Assert.Throws<ArgumentNullException>(() => { _ = SystemCalls.listenAsync(null!, 1, runtime); });
        int[] ends = new int[2];
        Assert.Equal(0, await SystemCalls.pipe2Async(ends, Libc.CloseOnExec, runtime));
        new SafeFileHandle(ends[0], ownsHandle: true).Dispose();
        new SafeFileHandle(ends[1], ownsHandle: true).Dispose();

        // Nothing was kept of the calls that were refused: the socket closes with its handle.
        socket.Dispose();
        Assert.True(socket.IsClosed);
    }
}
