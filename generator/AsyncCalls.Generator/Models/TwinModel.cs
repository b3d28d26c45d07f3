namespace AsyncCalls.Generator.Models;

/// <summary>All that the emitter needs to write one twin. Text and numbers only, so that equality is structural.</summary>
internal sealed record TwinModel
{
    /// <summary>Name of the generated file.</summary>
    public required string HintName { get; init; }

    public required ContainingTypes ContainingTypes { get; init; }

    /// <summary>The name of the twin.</summary>
    public required string Name { get; init; }

    /// <summary>What the logs and metrics call the method: <c>Type.Method</c>.</summary>
    public required string DisplayName { get; init; }

    /// <summary>The method that the twin stems from, as a <c>cref</c>.</summary>
    public required string Cref { get; init; }

    /// <summary>Accessibility and the other modifiers of the twin, and then of its overload with a runtime.</summary>
    public required EquatableArray<string> Modifiers { get; init; }

    /// <summary>Attributes that the twin takes over, without brackets.</summary>
    public required EquatableArray<string> Attributes { get; init; }

    /// <summary><c>&lt;T, U&gt;</c>, or nothing.</summary>
    public required string TypeParameters { get; init; }

    /// <summary>One <c>where</c> clause each.</summary>
    public required EquatableArray<string> Constraints { get; init; }

    /// <summary>The parameters without the token.</summary>
    public required EquatableArray<TwinParameter> Parameters { get; init; }

    /// <summary>The name of the trailing token.</summary>
    public required string TokenName { get; init; }

    /// <summary>The type that the original returns, or null for void.</summary>
    public required string? ReturnType { get; init; }

    public required RuntimeSource Runtime { get; init; }

    public required TwinCall Call { get; init; }
}

/// <summary>One parameter of a twin.</summary>
/// <param name="Name">The name, escaped where it is a keyword.</param>
/// <param name="Modifier"><c>this </c> for the receiver of an extension method, or nothing.</param>
/// <param name="Type">The type, with Memory in the place of Span.</param>
/// <param name="DefaultValue">The default value as an expression, or null.</param>
/// <param name="CallerInfo">An attribute by which the compiler fills in the default, in brackets; or nothing.</param>
internal sealed record TwinParameter(string Name, string Modifier, string Type, string? DefaultValue, string CallerInfo);

/// <summary>Where the twin finds its runtime.</summary>
/// <param name="Expression">The expression that gives it.</param>
/// <param name="ParameterName">
/// The name of the parameter that an overload gets because a static method has no runtime of its own; null for the others.
/// </param>
internal sealed record RuntimeSource(string Expression, string? ParameterName);

/// <summary>The types around the method, outermost first.</summary>
/// <param name="Namespace">The namespace, or null for the global one.</param>
/// <param name="Declarations">One partial declaration each, such as <c>partial class Outer&lt;T&gt;</c>.</param>
internal sealed record ContainingTypes(string? Namespace, EquatableArray<string> Declarations);
