using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AsyncCalls.DependencyInjection.Tests;

/// <summary>Makes small hosts; nothing of the machine's configuration gets in.</summary>
internal static class Hosts
{
    public static IHost Build(CapturedLog? log = null, Action<AsyncCallOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        if (log is not null)
        {
            builder.Logging.AddProvider(log);
        }

        builder.Services.AddAsyncCalls(configure ?? (static _ => { }));
        services?.Invoke(builder.Services);
        return builder.Build();
    }

    public static AsyncCallRuntime Runtime(this IHost host) => host.Services.GetRequiredService<AsyncCallRuntime>();
}
