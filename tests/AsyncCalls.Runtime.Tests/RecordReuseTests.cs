namespace AsyncCalls.Runtime.Tests;

/// <summary>The record of a call is used again: it brings nothing of one call to the next.</summary>
public sealed class RecordReuseTests
{
    [Theory, CombinatorialLanes]
    public async Task A_block_that_was_not_accepted_leaves_nothing_to_the_next(Lane lane)
    {
        await using AsyncCallRuntime runtime = lane.NewRuntime(options => options.MaxInFlight = 1);
        using AsyncCallContext context = runtime.CreateContext();
        using CompletionRecord record = context.CreateRecord();
        using var pipe = new TestPipe();
        Task<nint> parked = runtime.ReadAsync(pipe.Reader, new byte[1]).AsTask();
        Assert.Equal(0, context.Submit([Iocb.Nop().With(7, IocbFlags.None, record.Id)]));
        Native.WriteAll(pipe.Writer, [1]);
        Assert.Equal(1, await parked.Bound());
        Bounded.Until(() => context.Submit([Iocb.Nop().With(8)]) == 1, "the slot is free");
        Assert.Equal(8ul, context.ReapExactly(1)[0].Cookie);
        Assert.False(record.IsCompleted);
    }
}
