using AsyncCalls;
using AsyncCalls.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the AsyncCalls runtime with a host.</summary>
public static class AsyncCallServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="AsyncCallRuntime"/> that lives as long as the host: it becomes
    /// <see cref="AsyncCallRuntime.Shared"/> when the host starts, before other services start, and drains when the host stops,
    /// after other services have stopped.
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <returns><paramref name="services"/>, for the next call.</returns>
    /// <remarks>
    /// <para>Calling it again registers nothing twice. The options may also be bound or changed in every other way that
    /// <see cref="IOptions{TOptions}"/> of <see cref="AsyncCallOptions"/> offers; a value out of its range fails the start of the host
    /// with an <see cref="OptionsValidationException"/> that says what to change.</para>
    /// <para>In a container that no host starts, the runtime is made when it is first asked for, <see cref="AsyncCallRuntime.Shared"/>
    /// stays as it is, and disposing the container drains it.</para>
    /// </remarks>
    public static IServiceCollection AddAsyncCalls(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);

        services.AddOptions<AsyncCallOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<AsyncCallOptions>, UseHostLogging>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AsyncCallOptions>, AsyncCallOptionsValidator>());

        // Made by the container, so that the container disposes it too: a host that never got to its stop still drains.
        services.TryAddSingleton(static provider =>
            new AsyncCallRuntime(provider.GetRequiredService<IOptions<AsyncCallOptions>>().Value));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, AsyncCallHostedService>());
        return services;
    }

    /// <summary>
    /// <inheritdoc cref="AddAsyncCalls(IServiceCollection)" path="/summary/node()"/>
    /// </summary>
    /// <param name="services">The services of the host.</param>
    /// <param name="configure">Sets options. Several calls are applied one after the other.</param>
    /// <returns><paramref name="services"/>, for the next call.</returns>
    /// <remarks><inheritdoc cref="AddAsyncCalls(IServiceCollection)" path="/remarks/node()"/></remarks>
    public static IServiceCollection AddAsyncCalls(this IServiceCollection services, Action<AsyncCallOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);

        return services.AddAsyncCalls().Configure(configure);
    }
}
