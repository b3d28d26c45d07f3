using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xunit;

namespace AsyncCalls.DependencyInjection.Tests;

/// <summary>
/// The life of a runtime in a host. One class, so that its tests run one after the other: they change what the whole process
/// shares.
/// </summary>
public sealed class HostTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_log_says_once_which_backends_are_used_and_why()
    {
        var log = new CapturedLog();
        using IHost host = Hosts.Build(log);
        await host.StartAsync(Token);
        await host.StopAsync(Token);

        (LogLevel level, string text) = Assert.Single(log.OfHosting);
        Assert.Equal(LogLevel.Information, level);
        foreach (BackendCapability backend in host.Runtime().Capabilities.All)
        {
            Assert.Contains($"{backend.Name} {(backend.Available ? "in use" : "not used")} ({backend.Reason})", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_log_says_why_a_backend_is_not_used()
    {
        var log = new CapturedLog();
        using IHost host = Hosts.Build(log, options => options.Backends = AsyncCallBackends.WorkersOnly);
        await host.StartAsync(Token);
        await host.StopAsync(Token);

        Assert.Contains("io_uring not used", Assert.Single(log.OfHosting).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_runtime_is_shared_while_the_host_runs_and_what_was_shared_is_restored()
    {
        AsyncCallRuntime before = AsyncCallRuntime.Shared;
        using IHost host = Hosts.Build();
        Assert.Same(before, AsyncCallRuntime.Shared);

        await host.StartAsync(Token);
        Assert.Same(host.Runtime(), AsyncCallRuntime.Shared);

        await host.StopAsync(Token);
        Assert.Same(before, AsyncCallRuntime.Shared);
    }

    [Fact]
    public async Task Twins_of_static_methods_run_on_the_runtime_of_the_host()
    {
        using IHost host = Hosts.Build();
        await host.StartAsync(Token);
        long before = host.Runtime().GetStatistics().CompletedByWorkers;

        Assert.Equal(42, await Probe.AnswerAsync(cancellationToken: Token));

        Assert.Equal(before + 1, host.Runtime().GetStatistics().CompletedByWorkers);
        await host.StopAsync(Token);
        Assert.Equal(42, await Probe.AnswerAsync(cancellationToken: Token));
    }

    [Fact]
    public async Task Other_services_find_the_shared_runtime_when_they_start_and_when_they_stop()
    {
        using IHost host = Hosts.Build(services: services => services.AddHostedService<Witness>());
        await host.StartAsync(Token);
        await host.StopAsync(Token);

        Witness witness = host.Services.GetServices<IHostedService>().OfType<Witness>().Single();
        Assert.Equal(["start", "stop"], witness.SawItsRuntime);
    }

    [Fact]
    public async Task A_second_host_says_so_and_keeps_its_own_runtime()
    {
        using IHost first = Hosts.Build();
        await first.StartAsync(Token);
        var log = new CapturedLog();
        using IHost second = Hosts.Build(log);
        await second.StartAsync(Token);

        Assert.Same(first.Runtime(), AsyncCallRuntime.Shared);
        Assert.NotSame(first.Runtime(), second.Runtime());
        await second.Runtime().NopAsync(Token);
        Assert.Contains(log.OfHosting, line => line.Level == LogLevel.Warning && line.Text.Contains("keeps its own", StringComparison.Ordinal));

        await second.StopAsync(Token);
        Assert.Same(first.Runtime(), AsyncCallRuntime.Shared);
        await first.StopAsync(Token);
    }

    [Fact]
    public async Task Stopping_waits_for_a_call_in_flight_and_refuses_new_ones()
    {
        using var gate = new Gate();
        using IHost host = Hosts.Build();
        await host.StartAsync(Token);
        AsyncCallRuntime runtime = host.Runtime();
        var held = new Held(runtime);

        Task<int> call = held.HoldAsync(gate, CancellationToken.None).AsTask();
        gate.Entered.Wait(Token);
        Task stop = host.StopAsync(Token);
        await RefusesNewCallsAsync(runtime);
        Assert.False(stop.IsCompleted);

        gate.Released.Set();
        await stop;
        Assert.Equal(42, await call);
        await RefusesNewCallsAsync(runtime);
    }

    [Fact]
    public async Task A_stop_that_the_host_cuts_short_leaves_the_drain_to_the_disposal()
    {
        using var gate = new Gate();
        var log = new CapturedLog();
        IHost host = Hosts.Build(log);
        await host.StartAsync(Token);
        Task<int> call = new Held(host.Runtime()).HoldAsync(gate, CancellationToken.None).AsTask();
        gate.Entered.Wait(Token);

        using var shutdown = new CancellationTokenSource();
        Task stop = host.StopAsync(shutdown.Token);
        await RefusesNewCallsAsync(host.Runtime());
        await shutdown.CancelAsync();
        await stop;
        Assert.False(call.IsCompleted);
        Assert.Contains(log.OfHosting, line => line.Level == LogLevel.Warning && line.Text.Contains("calls in flight: 1", StringComparison.Ordinal));

        gate.Released.Set();
        host.Dispose();
        Assert.Equal(42, await call);
    }

    [Fact]
    public async Task A_host_that_is_disposed_without_a_stop_gives_the_shared_runtime_back()
    {
        AsyncCallRuntime before = AsyncCallRuntime.Shared;
        IHost host = Hosts.Build();
        await host.StartAsync(Token);
        AsyncCallRuntime runtime = host.Runtime();

        host.Dispose();

        Assert.Same(before, AsyncCallRuntime.Shared);
        await RefusesNewCallsAsync(runtime);
        await runtime.DisposeAsync();
        runtime.Dispose();
    }

    [Fact]
    public async Task A_host_that_fails_to_start_gives_the_shared_runtime_back()
    {
        AsyncCallRuntime before = AsyncCallRuntime.Shared;
        using (IHost host = Hosts.Build(services: services => services.AddHostedService<Failing>()))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync(Token));
        }

        Assert.Same(before, AsyncCallRuntime.Shared);
    }

    /// <summary>Waits until the runtime refuses calls; the ones that it still takes until then complete.</summary>
    private static async Task RefusesNewCallsAsync(AsyncCallRuntime runtime)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                await runtime.NopAsync(limit.Token);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>Notes at its start and stop whether the host's runtime was the shared one.</summary>
    private sealed class Witness(AsyncCallRuntime runtime) : IHostedService
    {
        public List<string> SawItsRuntime { get; } = [];

        public Task StartAsync(CancellationToken cancellationToken) => NoteAsync("start");

        public Task StopAsync(CancellationToken cancellationToken) => NoteAsync("stop");

        private async Task NoteAsync(string when)
        {
            Assert.Equal(42, await Probe.AnswerAsync(cancellationToken: CancellationToken.None));
            if (ReferenceEquals(AsyncCallRuntime.Shared, runtime))
            {
                SawItsRuntime.Add(when);
            }
        }
    }

    private sealed class Failing : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("This service does not start.");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
