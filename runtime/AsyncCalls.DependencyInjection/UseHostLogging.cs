using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AsyncCalls.DependencyInjection;

/// <summary>Lets the runtime log where the host logs, unless the user chose another place.</summary>
/// <remarks>The factory has a default because a container without logging is legal.</remarks>
internal sealed class UseHostLogging(ILoggerFactory? loggerFactory = null) : IPostConfigureOptions<AsyncCallOptions>
{
    public void PostConfigure(string? name, AsyncCallOptions options) => options.LoggerFactory ??= loggerFactory;
}
