using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Diagnostics;

/// <summary>The rules of the code that calls twins or could call them, and of bodies that a twin runs. None costs a twin.</summary>
internal static class UsageRules
{
    /// <summary>Why a call or a stream must not be dropped (AC0020).</summary>
    public const string NobodyAwaits = "nobody learns how the call ended, and its record is not reused, so await it";
    public const string NobodyEnumerates = "no call is made until somebody enumerates the stream, so use await foreach";

    public static readonly DiagnosticDescriptor NotInterruptible = Create(
        "AC0018",
        DiagnosticSeverity.Info,
        "A call in the body cannot be interrupted",
        "The body of '{0}' calls {1}, which may wait without end and starts again when a signal interrupts it, so that cancelling the twin cannot end it: {2}");

    public static readonly DiagnosticDescriptor OriginalInAsync = Create(
        "AC0019",
        DiagnosticSeverity.Warning,
        "An async method calls the synchronous original of a twin",
        "'{0}' blocks the thread of an async method: {2} its twin '{1}'");

    public static readonly DiagnosticDescriptor Dropped = Create(
        "AC0020",
        DiagnosticSeverity.Warning,
        "The result of a twin is dropped",
        "What '{0}' gives is dropped: {1}");

    public static readonly DiagnosticDescriptor ConsumedTwice = Create(
        "AC0021",
        DiagnosticSeverity.Warning,
        "The result of a twin is consumed twice",
        "'{0}' has been consumed already, and what it stands for may be another call by now: await it once, or keep it with Preserve() or AsTask()");

    public static readonly DiagnosticDescriptor BufferReused = Create(
        "AC0022",
        DiagnosticSeverity.Warning,
        "A buffer is reused before its call has completed",
        "'{0}' belongs to the call of '{1}' until that has completed, and is {2} here: await the call first");

    public static readonly DiagnosticDescriptor Blocking = Create(
        "AC0023",
        DiagnosticSeverity.Warning,
        "The result of a twin is waited for by blocking",
        "Blocking on '{0}' holds its thread, or throws if the call has not completed: await it, or call the synchronous original where nothing can be awaited");

    public static readonly DiagnosticDescriptor StackMemory = Create(
        "AC0024",
        DiagnosticSeverity.Warning,
        "Memory on the stack cannot outlive an asynchronous call",
        "'{0}' keeps its buffer until the call has completed, and memory on the stack is gone by then: use an array, or one of ArrayPool<T>");

    private static DiagnosticDescriptor Create(string id, DiagnosticSeverity severity, string title, string message)
        => new(id, title, message, Rules.Category, severity, isEnabledByDefault: true, helpLinkUri: Rules.HelpLinkBase + id + ".md");
}
