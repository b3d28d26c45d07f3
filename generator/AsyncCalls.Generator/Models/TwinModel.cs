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

    /// <summary>
    /// The twin itself, its overload with a runtime where it has one, and its overload with options where it has one: the last has the body, and the others call the next.
    /// </summary>
    public required EquatableArray<TwinOverload> Overloads { get; init; }

    /// <summary>The interface that the twin explicitly implements a member of, with a dot; or nothing.</summary>
    public required string ExplicitInterface { get; init; }

    /// <summary>Attributes that the twin takes over, without brackets.</summary>
    public required EquatableArray<string> Attributes { get; init; }

    /// <summary><c>&lt;T, U&gt;</c>, or nothing.</summary>
    public required string TypeParameters { get; init; }

    /// <summary>The same with their attributes, as they are declared.</summary>
    public required string DeclaredTypeParameters { get; init; }

    /// <summary>The parameters without the token and those that are <c>out</c>.</summary>
    public required EquatableArray<TwinParameter> Parameters { get; init; }

    /// <summary>The name of the trailing token.</summary>
    public required string TokenName { get; init; }

    /// <summary>What the twin gives: what the original returns and its <c>out</c> parameters, with an error number where that is asked for; null for nothing.</summary>
    public required string? ReturnType { get; init; }

    /// <summary>What each turn of the loop gives where the twin is a stream; null for one that is a call.</summary>
    public required string? ItemType { get; init; }

    public required RuntimeSource Runtime { get; init; }

    public required CallLimits Limits { get; init; }

    /// <summary>Whether the original has no body, so that the twin is for implementations and overrides that have none of their own.</summary>
    public required bool IsFallback { get; init; }

    public required TwinCall Call { get; init; }
}

/// <summary>One of the overloads of a twin.</summary>
/// <param name="Modifiers">Accessibility and the other modifiers; nothing for an explicit implementation.</param>
/// <param name="Priority">Which one is preferred where a literal <c>default</c> fits several: none before the first, which is like a method that someone wrote.</param>
/// <param name="Constraints">One <c>where</c> clause each.</param>
internal sealed record TwinOverload(string Modifiers, int Priority, EquatableArray<string> Constraints);

/// <summary>What the attribute asks for each call.</summary>
/// <param name="TimeoutMs">The time that it has in milliseconds; 0 for no limit.</param>
/// <param name="RequiredBackends">The backends that it requires, as an expression; null for none.</param>
internal sealed record CallLimits(int TimeoutMs, string? RequiredBackends);

/// <summary>One parameter of a twin.</summary>
/// <param name="Name">The name, escaped where it is a keyword.</param>
/// <param name="Modifier"><c>this </c> for the receiver of an extension method, or nothing.</param>
/// <param name="Type">The type, with Memory in the place of Span.</param>
/// <param name="DefaultValue">The default value as an expression, or null.</param>
/// <param name="Contract">Attributes that say what callers may pass, in brackets; or nothing.</param>
/// <param name="CallerInfo">An attribute by which the compiler fills in the default, in brackets; or nothing.</param>
internal sealed record TwinParameter(string Name, string Modifier, string Type, string? DefaultValue, string Contract, string CallerInfo);

/// <summary>Where the twin finds its runtime.</summary>
/// <param name="Expression">The expression that gives it.</param>
/// <param name="ParameterName">
/// The name of the parameter that an overload gets because a static method has no runtime of its own; null for the others.
/// </param>
/// <param name="OptionsName">The name of the parameter of the overload with options; null where there is none.</param>
internal sealed record RuntimeSource(string Expression, string? ParameterName, string? OptionsName = null);

/// <summary>The types around the method, outermost first.</summary>
/// <param name="Namespace">The namespace, or null for the global one.</param>
/// <param name="Declarations">One partial declaration each, such as <c>partial class Outer&lt;T&gt;</c>.</param>
internal sealed record ContainingTypes(string? Namespace, EquatableArray<string> Declarations);
