using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace AsyncCalls.DependencyInjection.Tests;

public sealed class RegistrationTests
{
    [Fact]
    public async Task The_runtime_is_a_singleton()
    {
        using IHost host = Hosts.Build();
        using IServiceScope scope = host.Services.CreateScope();

        Assert.Same(host.Runtime(), scope.ServiceProvider.GetRequiredService<AsyncCallRuntime>());
        await host.Runtime().DisposeAsync();
    }

    [Fact]
    public void Calling_it_twice_composes_the_options_and_registers_once()
    {
        using IHost host = Hosts.Build(
            configure: options => options.MaxWorkers = 7,
            services: services => services.AddAsyncCalls(options => options.RingEntries = 64).AddAsyncCalls());

        AsyncCallOptions options = host.Services.GetRequiredService<IOptions<AsyncCallOptions>>().Value;
        Assert.Equal(7, options.MaxWorkers);
        Assert.Equal(64, options.RingEntries);
        Assert.Single(host.Services.GetServices<AsyncCallRuntime>());
        Assert.Single(host.Services.GetServices<IHostedService>());
        Assert.Single(host.Services.GetServices<IValidateOptions<AsyncCallOptions>>());
    }

    [Fact]
    public void Both_overloads_refuse_null_and_return_the_services()
    {
        var services = new ServiceCollection();

        Assert.Same(services, services.AddAsyncCalls());
        Assert.Same(services, services.AddAsyncCalls(_ => { }));
        Assert.Throws<ArgumentNullException>(() => ((IServiceCollection)null!).AddAsyncCalls());
        Assert.Throws<ArgumentNullException>(() => services.AddAsyncCalls(null!));
    }

    [Fact]
    public async Task A_backend_that_is_required_and_not_there_fails_the_start_and_says_what_to_change()
    {
        using IHost host = Hosts.Build(configure: static options =>
        {
            options.RequiredBackends = AsyncCallBackends.IoUring;
            options.KernelRelease = "5.15.1";
        });

        NotSupportedException failure = await Assert.ThrowsAsync<NotSupportedException>(() => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Contains("io_uring is required", failure.Message, StringComparison.Ordinal);
        Assert.Contains("update to Linux 5.15.3", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_is_out_of_range_fails_the_start_and_says_what_to_change()
    {
        using IHost host = Hosts.Build(configure: options =>
        {
            options.MaxWorkers = 0;
            options.RingEntries = 3;
        });

        OptionsValidationException failure = await Assert.ThrowsAsync<OptionsValidationException>(
            () => host.StartAsync(TestContext.Current.CancellationToken));

        Assert.Equal(
            [
                "AsyncCallOptions.RingEntries is 3: set it to a power of two from 2 to 1048576.",
                "AsyncCallOptions.MaxWorkers is 0: set it to 1 to 32767.",
            ],
            failure.Failures);
    }

    [Fact]
    public void The_runtime_logs_where_the_host_does_unless_the_user_chose_another_place()
    {
        using IHost host = Hosts.Build();
        AsyncCallOptions options = host.Services.GetRequiredService<IOptions<AsyncCallOptions>>().Value;
        Assert.Same(host.Services.GetRequiredService<ILoggerFactory>(), options.LoggerFactory);

        using IHost other = Hosts.Build(configure: own => own.LoggerFactory = NullLoggerFactory.Instance);
        AsyncCallOptions chosen = other.Services.GetRequiredService<IOptions<AsyncCallOptions>>().Value;
        Assert.Same(NullLoggerFactory.Instance, chosen.LoggerFactory);
    }

    [Fact]
    public async Task A_container_without_a_host_or_logging_gives_a_runtime_and_drains_it()
    {
        AsyncCallRuntime runtime;
        await using (ServiceProvider provider = new ServiceCollection().AddAsyncCalls().BuildServiceProvider(validateScopes: true))
        {
            runtime = provider.GetRequiredService<AsyncCallRuntime>();
            await runtime.NopAsync(TestContext.Current.CancellationToken);
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await runtime.NopAsync(TestContext.Current.CancellationToken));
    }
}
