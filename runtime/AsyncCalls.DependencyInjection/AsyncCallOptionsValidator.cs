using Microsoft.Extensions.Options;

namespace AsyncCalls.DependencyInjection;

/// <summary>Says every wrong setting at once, so that one failed start is enough to correct them all.</summary>
internal sealed class AsyncCallOptionsValidator : IValidateOptions<AsyncCallOptions>
{
    public ValidateOptionsResult Validate(string? name, AsyncCallOptions options)
    {
        IReadOnlyList<string> errors = options.Validate();
        return errors.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(errors.Select(static error => $"{nameof(AsyncCallOptions)}.{error}"));
    }
}
