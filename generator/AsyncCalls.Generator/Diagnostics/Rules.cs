using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Diagnostics;

/// <summary>
/// Every rule. An error means that no twin is written for that method; each has a page under <c>docs/diagnostics</c> and a row
/// in <c>AnalyzerReleases.*.md</c>.
/// </summary>
internal static class Rules
{
    public const string Category = "AsyncCalls";
    public const string HelpLinkBase = "https://github.com/asynccalls/asynccalls/blob/main/docs/diagnostics/";

    public static readonly DiagnosticDescriptor TypeNotPartial = Error(
        "AC0001",
        "The containing type must be partial",
        "The twin of '{0}' is written into '{1}', which is not partial: add the modifier 'partial'");

    public static readonly DiagnosticDescriptor ByReference = Error(
        "AC0002",
        "A parameter by reference cannot outlive the call",
        "The parameter '{0}' is passed by '{1}', and the twin returns before the call ends: take it by value and return what it gave");

    public static readonly DiagnosticDescriptor Pointer = Error(
        "AC0003",
        "A pointer cannot be kept alive by an asynchronous call",
        "'{0}' is a pointer, which nothing keeps alive while the call runs: use Span<T>, an array or a SafeHandle");

    public static readonly DiagnosticDescriptor RefStruct = Error(
        "AC0004",
        "A ref struct cannot outlive the call",
        "'{0}' of type '{1}' lives on the stack, and the twin returns before the call ends: as a parameter use Span<T> or "
        + "ReadOnlySpan<T> (the twin gets Memory<T>), everywhere else a type that can be stored");

    public static readonly DiagnosticDescriptor NameTaken = Error(
        "AC0005",
        "The name of the twin is taken",
        "The twin '{0}' of '{1}' collides with {2}: rename one of them, or give the twin another name by [AsyncCall(Name = …)]");

    public static readonly DiagnosticDescriptor AlreadyAsynchronous = Error(
        "AC0006",
        "The method is asynchronous already",
        "'{0}' is asynchronous already: annotate a method that returns its result, or remove [AsyncCall]");

    public static readonly DiagnosticDescriptor RuntimeHidden = Error(
        "AC0007",
        "A parameter hides the captured runtime",
        "The parameter '{0}' hides the primary-constructor parameter that holds the runtime: rename it, or keep the runtime in a field");

    public static readonly DiagnosticDescriptor SeveralRuntimes = Error(
        "AC0008",
        "Several runtimes are in scope",
        "'{0}' could run on {1}: leave one member of type AsyncCallRuntime in scope");

    public static readonly DiagnosticDescriptor NoRuntime = Error(
        "AC0009",
        "No runtime is in scope",
        "'{0}' has no runtime to run on: give '{1}' a field, a property or a primary-constructor parameter of type "
        + "AsyncCallRuntime, or make the method static");

    public static readonly DiagnosticDescriptor MutableStruct = Error(
        "AC0010",
        "An instance method of a struct must be readonly",
        "'{0}' would run on a copy of the struct and its changes would be lost: make the method or the struct readonly");

    public static readonly DiagnosticDescriptor NoLastError = Error(
        "AC0011",
        "An import must set the last error",
        "The error number of '{0}' is lost before the twin completes: add SetLastError = true");

    public static readonly DiagnosticDescriptor RawDescriptor = new(
        "AC0012",
        "A descriptor that is a number cannot be kept open",
        "'{0}' is only a number: another file can have it before the call runs; take a SafeHandle, which the call keeps open",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        helpLinkUri: HelpLinkBase + "AC0012.md");

    public static readonly DiagnosticDescriptor CloseOfSafeHandle = Error(
        "AC0013",
        "A SafeHandle is closed by disposing it",
        "'{0}' would close the descriptor of a SafeHandle behind its back, and then again when it is disposed: call Dispose instead");

    public static readonly DiagnosticDescriptor NotNative = new(
        "AC0014",
        "A known call runs on a worker",
        "'{0}' calls {1} but its twin runs on a worker thread because {2}",
        Category,
        DiagnosticSeverity.Info,
        isEnabledByDefault: true,
        helpLinkUri: HelpLinkBase + "AC0014.md");

    public static readonly DiagnosticDescriptor UnsupportedMethod = Error(
        "AC0015",
        "This kind of method has no twin",
        "'{0}' is {1}, which has no twin: annotate a method with a body, an import, or a declaration that others implement");

    public static readonly DiagnosticDescriptor ParamsSpan = Error(
        "AC0016",
        "A params span cannot outlive the call",
        "The arguments of 'params {0}' live on the caller's stack: use a params array, or remove 'params'");

    public static readonly DiagnosticDescriptor NotCancellable = new(
        "AC0017",
        "A running body cannot be cancelled without a token",
        "Once the body of '{0}' runs, nothing can cancel it: take a CancellationToken and observe it",
        Category,
        DiagnosticSeverity.Info,
        isEnabledByDefault: true,
        helpLinkUri: HelpLinkBase + "AC0017.md");

    public static readonly DiagnosticDescriptor InvalidSetting = Error(
        "AC0030",
        "A setting of [AsyncCall] does not fit",
        "The setting '{0}' does not fit '{1}': {2}");

    private static DiagnosticDescriptor Error(string id, string title, string message) => new(
        id, title, message, Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: HelpLinkBase + id + ".md");
}
