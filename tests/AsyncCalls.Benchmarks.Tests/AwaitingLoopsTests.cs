using AsyncCalls.Benchmarks.Fixtures;

namespace AsyncCalls.Benchmarks.Tests;

public sealed class AwaitingLoopsTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 100_000)]
    [InlineData(32, 7)]
    [InlineData(32, 100_003)]
    public void The_loops_make_exactly_the_calls_that_were_asked_for(int depth, int calls)
    {
        int made = 0;
        var loops = new AwaitingLoops(depth, async quota =>
        {
            for (int batch = quota.Take(); batch > 0; batch = quota.Take())
            {
                await Task.Yield();
                Interlocked.Add(ref made, batch);
            }
        });

        double nsPerCall = loops.Run(calls);

        Assert.Equal(calls, made);
        Assert.True(nsPerCall > 0);
    }

    [Fact]
    public void A_failing_loop_fails_the_slice()
    {
        var loops = new AwaitingLoops(4, quota => Task.FromException(new IOException($"loop {quota.Loop}")));

        AggregateException thrown = Assert.Throws<AggregateException>(() => loops.Run(100));

        Assert.All(thrown.InnerExceptions, e => Assert.IsType<IOException>(e));
    }
}
