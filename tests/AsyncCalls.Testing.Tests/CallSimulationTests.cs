using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AsyncCalls.Testing.Tests;

/// <summary>What users are told that a simulation does.</summary>
public sealed class CallSimulationTests
{
    [Fact]
    public void Nothing_happens_until_somebody_steps()
    {
        var simulation = new CallSimulation(1);
        using AsyncCallRuntime runtime = simulation.CreateRuntime();

        Task<int> working = new Files(runtime).WorkAsync(7).AsTask();
        Assert.False(working.IsCompleted);
        Assert.Equal(1, runtime.GetStatistics().InFlight);

        Assert.True(simulation.RunUntilIdle() > 0);
        Assert.Equal(7, working.Result);
        Assert.False(simulation.Step());
    }

    [Fact]
    public void The_same_seed_gives_the_same_run_and_seeds_differ()
    {
        string[] first = TraceOf(42);
        Assert.NotEmpty(first);
        Assert.Equal(first, TraceOf(42));
        Assert.True(Enumerable.Range(1, 20).Select(seed => string.Join('\n', TraceOf(seed))).Distinct().Count() > 10, "Seeds make no difference.");
    }

    [Fact]
    public void Calls_complete_in_seeded_orders()
    {
        HashSet<string> orders = [];
        for (int seed = 1; seed <= 50; seed++)
        {
            var simulation = new CallSimulation(seed);
            using AsyncCallRuntime runtime = simulation.CreateRuntime();
            var files = new Files(runtime);
            var order = new List<int>();
            simulation.Run(() => Task.WhenAll(Enumerable.Range(0, 3).Select(async number => order.Add(await files.WorkAsync(number)))));
            orders.Add(string.Join(',', order));
        }

        Assert.Equal(6, orders.Count);
    }

    [Fact]
    public void A_failure_says_which_seed_makes_it_happen_again()
    {
        var simulation = new CallSimulation(4711);
        var failure = Assert.Throws<CallSimulationException>(() => simulation.Run(() => throw new InvalidDataException("wrong")));
        Assert.Contains("seed 4711", failure.Message, StringComparison.Ordinal);
        Assert.Contains("wrong", failure.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidDataException>(failure.InnerException);
    }

    [Fact]
    public void Code_that_waits_for_nobody_is_told_of()
    {
        var simulation = new CallSimulation(5) { StallTimeout = TimeSpan.FromMilliseconds(50) };
        var failure = Assert.Throws<CallSimulationException>(() => simulation.Run(() => new TaskCompletionSource().Task));
        Assert.Contains("seed 5", failure.Message, StringComparison.Ordinal);
        Assert.Contains("nothing goes on", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_that_left_the_simulation_is_waited_for()
        => Assert.Equal(3, new CallSimulation(6).Run(async () => await Task.Run(() => 3)));

    [Fact]
    public void A_test_of_code_that_takes_a_read_for_complete_fails()
    {
        byte[] content = TemporaryFile.Pattern(1_000);
        using var file = new TemporaryFile(content);
        var failure = Assert.Throws<CallSimulationException>(() => CallSimulation.RunSeeds(50, CallFaults.Rough, async simulation =>
        {
            await using AsyncCallRuntime runtime = simulation.CreateRuntime();
            byte[] read = new byte[content.Length];
            _ = await new Files(runtime).ReadAsync(file.Handle, read, 0);
            Assert.Equal(content, read);
        }));
        Assert.Matches("With seed [0-9]+: ", failure.Message);
    }

    [Fact]
    public void Deadlines_pass_in_virtual_time()
    {
        var simulation = new CallSimulation(7);
        using AsyncCallRuntime runtime = simulation.CreateRuntime();
        using var pipe = new TestPipe();
        AsyncCallRuntime hurried = runtime.WithTimeout(TimeSpan.FromHours(1));

        Task<nint> reading = Libc.readAsync(pipe.Reader, new byte[1], 1, hurried).AsTask();
        simulation.Advance(TimeSpan.FromMinutes(59));
        Assert.False(reading.IsCompleted);
        Assert.Equal(TimeSpan.FromMinutes(59), simulation.Now);

        simulation.Advance(TimeSpan.FromMinutes(2));
        Assert.IsType<AsyncCallTimeoutException>(reading.Exception!.InnerException);
        Assert.Equal(TimeSpan.FromMinutes(61), simulation.Now);
    }

    [Fact]
    public void A_deadline_that_was_kept_takes_no_time()
    {
        var simulation = new CallSimulation(8);
        using AsyncCallRuntime runtime = simulation.CreateRuntime();
        Assert.Equal(1, simulation.Run(async () => await new Files(runtime.WithTimeout(TimeSpan.FromHours(1))).WorkAsync(1)));
        simulation.RunUntilIdle();
        Assert.True(simulation.Now < TimeSpan.FromSeconds(1), $"{simulation.Now}");
    }

    [Fact]
    public void A_stream_that_is_not_ready_is_waited_for()
    {
        var simulation = new CallSimulation(9);
        using AsyncCallRuntime runtime = simulation.CreateRuntime();
        using var pipe = new TestPipe();
        byte[] buffer = new byte[1];

        Task<nint> reading = Libc.readAsync(pipe.Reader, buffer, 1, runtime).AsTask();
        simulation.RunUntilIdle();
        Assert.False(reading.IsCompleted);

        pipe.Write(99);
        simulation.RunUntilIdle();
        Assert.Equal(1, reading.Result);
        Assert.Equal(99, buffer[0]);
    }

    [Fact]
    public void Errors_are_those_that_were_asked_for()
    {
        const int NoSpace = 28; // ENOSPC
        using var file = new TemporaryFile();
        var simulation = new CallSimulation(10, new CallFaults { Errors = 0.9, ErrorNumbers = [NoSpace] });
        using AsyncCallRuntime runtime = simulation.CreateRuntime();
        int failures = simulation.Run(async () =>
        {
            int count = 0;
            for (int i = 0; i < 50; i++)
            {
                try
                {
                    await new Files(runtime).WriteAsync(file.Handle, new byte[1], 0);
                }
                catch (IOException)
                {
                    count++;
                }
            }

            return count;
        });
        Assert.InRange(failures, 35, 50);
    }

    [Fact]
    public void A_runtime_of_a_host_runs_on_it()
    {
        var simulation = new CallSimulation(11, CallFaults.Rough);
        simulation.Run(async () =>
        {
            HostApplicationBuilder builder = Host.CreateApplicationBuilder();
            builder.Services.AddAsyncCalls(simulation.Attach);
            builder.Services.AddSingleton<Files>();
            using IHost host = builder.Build();
            Assert.Equal(5, await host.Services.GetRequiredService<Files>().WorkAsync(5));
        });
        Assert.Contains(simulation.Trace, line => line.Contains("Work", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(0.95)]
    [InlineData(double.NaN)]
    public void Faults_that_are_no_probability_are_refused(double probability)
    {
        Assert.Throws<ArgumentException>(() => new CallSimulation(1, new CallFaults { Errors = probability }));
        Assert.Throws<ArgumentException>(() => new CallSimulation(1, new CallFaults { LostWakeUps = probability }));
    }

    private static string[] TraceOf(int seed)
    {
        using var file = new TemporaryFile(TemporaryFile.Pattern(300));
        var simulation = new CallSimulation(seed, CallFaults.Rough with { Errors = 0.1 });
        AsyncCallRuntime runtime = simulation.CreateRuntime();
        simulation.Run(async () =>
        {
            var files = new Files(runtime);
            await Task.WhenAll(Enumerable.Range(0, 10).Select(async number =>
            {
                try
                {
                    _ = await files.ReadAsync(file.Handle, new byte[100], number * 10);
                    await files.WorkAsync(number);
                }
                catch (IOException)
                {
                    // One of those that were asked for.
                }
            }));
        });
        string[] trace = [.. simulation.Trace];
        runtime.Dispose();
        return trace;
    }
}
