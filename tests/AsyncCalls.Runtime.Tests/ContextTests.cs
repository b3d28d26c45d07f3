using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Contexts: blocks in, events out.</summary>
public sealed class ContextTests
{
    [Theory, CombinatorialLanes]
    public async Task Blocks_that_are_submitted_come_back_as_events(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using var pipe = new TestPipe();
        using HandleLease reader = context.Lease(pipe.Reader);
        using HandleLease writer = context.Lease(pipe.Writer);
        byte[] bytes = [1, 2, 3, 0, 0, 0];
        using BufferLease buffer = context.Pin(bytes);
        Iocb[] blocks = new Iocb[2];
        blocks[0] = Iocb.Write(writer, buffer, 3);
        blocks[0].Cookie = 10;
        blocks[1] = Iocb.Read(reader, buffer, 3);
        blocks[1].Cookie = 20;
        var ids = new CallId[2];
        Assert.Equal(2, context.Submit(blocks, ids));
        var events = new CompletionEvent[4];
        int reaped = context.Reap(events, 2, TimeSpan.FromSeconds(20));
        Assert.Equal(2, reaped);
        Assert.Equal(new ulong[] { 10, 20 }, events[..2].Select(completion => completion.Cookie).Order());
        Assert.All(events[..2], completion => Assert.Equal(3, completion.Result));
        Assert.True(context.WaitAll(ids, TimeSpan.Zero));
        Assert.Equal(0, context.InFlight);
    }

    [Theory, CombinatorialLanes]
    public async Task A_twin_resumes_where_its_context_is_reaped(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        int resumedOn = 0;
        Task task = Await();
        while (!task.IsCompleted)
        {
            Assert.Equal(0, context.Reap([default], 1, TimeSpan.FromSeconds(20)));
        }

        Assert.Equal(Environment.CurrentManagedThreadId, resumedOn);

        async Task Await()
        {
            await context.Runtime.NopAsync();
            resumedOn = Environment.CurrentManagedThreadId;
        }
    }

    [Fact]
    public void One_call_at_once_is_the_plain_system_call()
    {
        using var runtime = new AsyncCallRuntime();
        using AsyncCallContext context = runtime.CreateContext();
        using SafeFileHandle file = File.OpenHandle("/proc/self/cmdline");
        using HandleLease lease = context.Lease(file);
        using BufferLease buffer = context.Pin(new byte[16]);
        Assert.Equal(16, context.Call(Iocb.Read(lease, buffer, 16, 0)));
        Assert.Equal(-22, context.Call(Iocb.Read(lease, buffer, 16, -5)));
    }
}
