using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace AsyncCalls.DependencyInjection.Tests;

/// <summary>Keeps every line that the library logs.</summary>
internal sealed class CapturedLog : ILoggerProvider
{
    private readonly ConcurrentQueue<(string Category, LogLevel Level, string Text)> _lines = new();

    public IReadOnlyList<(string Category, LogLevel Level, string Text)> Lines =>
        [.. _lines.Where(line => line.Category.StartsWith("AsyncCalls", StringComparison.Ordinal))];

    /// <summary>The lines of the hosted service, which is what these tests are about; the runtime itself may log more.</summary>
    public IReadOnlyList<(LogLevel Level, string Text)> OfHosting =>
        [.. Lines.Where(line => line.Category == "AsyncCalls.Hosting").Select(line => (line.Level, line.Text))];

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Logger(CapturedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => log._lines.Enqueue((category, logLevel, formatter(state, exception)));
    }
}
