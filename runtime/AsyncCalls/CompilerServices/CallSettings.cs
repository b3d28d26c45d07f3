using System.ComponentModel;

namespace AsyncCalls.CompilerServices;

/// <summary>The settings of an annotated method and the options of one call of it, for generated code: the runtime that the call is made through.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class CallSettings
{
    /// <summary>The view of a runtime with options and settings. A time that the options or the runtime have was chosen by the caller, and counts in the place of the method's own.</summary>
    /// <param name="runtime">The runtime of the twin.</param>
    /// <param name="options">The options of the call.</param>
    /// <param name="timeoutMs">The time that the method gives a call, in milliseconds; 0 for none.</param>
    /// <param name="requiredBackends">Backends without which the call throws <see cref="NotSupportedException"/>.</param>
    public static AsyncCallRuntime Apply(
        AsyncCallRuntime runtime, CallOptions options = default, int timeoutMs = 0, AsyncCallBackends requiredBackends = AsyncCallBackends.WorkersOnly)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        TimeSpan? timeout = options.Timeout;
        if (timeout is null && timeoutMs > 0 && runtime.Options.Timeout is null)
        {
            timeout = TimeSpan.FromMilliseconds(timeoutMs);
        }

        return runtime.With(options with { Timeout = timeout, RequiredBackends = options.RequiredBackends | requiredBackends });
    }
}
