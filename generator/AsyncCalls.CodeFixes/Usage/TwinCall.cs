using AsyncCalls.Generator.Analyzers;
using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncCalls.CodeFixes.Usage;

/// <summary>Turns the call of an original into the awaited call of its twin: memory for spans, and the token last.</summary>
internal sealed class TwinCall
{
    private readonly IMethodSymbol _original;
    private readonly ParsedParameters _parameters;
    private readonly string? _tokenInScope;
    private readonly int? _tokenIndex;
    private readonly Dictionary<int, Func<ExpressionSyntax, ExpressionSyntax>> _memory;

    private TwinCall(IMethodSymbol original, string? tokenInScope, int? tokenIndex, Dictionary<int, Func<ExpressionSyntax, ExpressionSyntax>> memory)
    {
        _original = original;
        _parameters = ParsedParameters.Of(original);
        _tokenInScope = tokenInScope;
        _tokenIndex = tokenIndex;
        _memory = memory;
    }

    /// <summary>Null where an argument has no form that the twin takes.</summary>
    public static TwinCall? Of(InvocationExpressionSyntax syntax, SemanticModel model, CancellationToken cancellationToken)
    {
        if (model.GetOperation(syntax, cancellationToken) is not IInvocationOperation call || Twins.Find(call.TargetMethod) is not { } twin
            || !Twins.IsTwin(twin))
        {
            return null;
        }

        // The array that the compiler makes of trailing arguments is an ordinary one of the twin.
        IMethodSymbol original = Twins.Definition(call.TargetMethod);
        if (!GivesTheSame(twin, original) || call.Arguments.Any(argument => argument.ArgumentKind is ArgumentKind.ParamArray or ArgumentKind.ParamCollection))
        {
            return null;
        }

        IParameterSymbol? token = ParsedParameters.Of(original).Token;
        int? tokenIndex = null;
        var memory = new Dictionary<int, Func<ExpressionSyntax, ExpressionSyntax>>();
        SeparatedSyntaxList<ArgumentSyntax> arguments = syntax.ArgumentList.Arguments;
        for (int i = 0; i < arguments.Count; i++)
        {
            IArgumentOperation? argument = call.Arguments.FirstOrDefault(candidate => candidate.Syntax == arguments[i] && candidate.ArgumentKind == ArgumentKind.Explicit);
            if (argument?.Parameter is not { } parameter || parameter.RefKind is RefKind.Ref or RefKind.Out)
            {
                return null;
            }

            if (token is not null && parameter.Name == token.Name)
            {
                tokenIndex = i;
            }
            else if (TypeFacts.IsAnySpan(parameter.Type) && StackAllocation.Find(arguments[i].Expression, model, cancellationToken) is null)
            {
                if (Memory(argument.Value) is not { } conversion)
                {
                    return null;
                }

                memory.Add(i, conversion);
            }
        }

        return new TwinCall(original, Awaiting.TokenInScope(syntax, model, cancellationToken), tokenIndex, memory);
    }

    /// <summary>The call as it is after other edits, for its twin.</summary>
    public ExpressionSyntax Awaited(InvocationExpressionSyntax call)
    {
        var arguments = new List<ArgumentSyntax>();
        ExpressionSyntax? token = _tokenInScope is null ? null : SyntaxFactory.ParseExpression(_tokenInScope);
        for (int i = 0; i < call.ArgumentList.Arguments.Count; i++)
        {
            ArgumentSyntax argument = call.ArgumentList.Arguments[i];
            if (i == _tokenIndex)
            {
                token = argument.Expression;
                continue;
            }

            ArgumentSyntax converted = _memory.TryGetValue(i, out Func<ExpressionSyntax, ExpressionSyntax>? conversion)
                ? argument.WithExpression(conversion(argument.Expression))
                : argument;
            arguments.Add(converted.WithRefKindKeyword(default));
        }

        if (token is not null)
        {
            // By name where a parameter before it keeps its default value.
            bool isReduced = _original.IsExtensionMethod && call.Expression is MemberAccessExpressionSyntax && !IsStaticForm(call);
            int positional = _parameters.Kept.Count - (isReduced ? 1 : 0);
            ArgumentSyntax last = SyntaxFactory.Argument(token.WithoutTrivia());
            arguments.Add(arguments.Count == positional && arguments.All(argument => argument.NameColon is null)
                ? last
                : last.WithNameColon(SyntaxFactory.NameColon(_parameters.TokenName).WithTrailingTrivia(SyntaxFactory.Space)));
        }

        for (int i = 1; i < arguments.Count; i++)
        {
            arguments[i] = arguments[i].HasLeadingTrivia ? arguments[i] : arguments[i].WithLeadingTrivia(SyntaxFactory.Space);
        }

        ExpressionSyntax callee = call.Expression switch
        {
            MemberAccessExpressionSyntax access => access.WithName(Renamed(access.Name)),
            SimpleNameSyntax name => Renamed(name),
            var other => other,
        };
        return Awaiting.Await(call.WithExpression(callee).WithArgumentList(call.ArgumentList.WithArguments(SyntaxFactory.SeparatedList(arguments))));
    }

    // Not where the twin gives an error as a value, or in a tuple what the original has as "out".
    private static bool GivesTheSame(IMethodSymbol twin, IMethodSymbol original)
        => ((INamedTypeSymbol)twin.ReturnType).TypeArguments is { Length: 1 } result
            ? SymbolText.SignatureKey(result[0]) == SymbolText.SignatureKey(original.ReturnType)
            : original.ReturnsVoid;

    private bool IsStaticForm(InvocationExpressionSyntax call)
        => call.Expression is MemberAccessExpressionSyntax { Expression: SimpleNameSyntax { Identifier.ValueText: var type } } && type == _original.ContainingType.Name;

    private SimpleNameSyntax Renamed(SimpleNameSyntax name) => name.WithIdentifier(SyntaxFactory.ParseToken(SymbolText.Identifier(TwinNames.Of(_original))).WithTriviaFrom(name.Identifier));

    /// <summary>How the memory of a span is written; null where it is not known.</summary>
    private static Func<ExpressionSyntax, ExpressionSyntax>? Memory(IOperation argument)
    {
        if (!MemoryOf.IsKnown(argument))
        {
            return null;
        }

        return TwinOperations.Unconverted(argument) switch
        {
            IPropertyReferenceOperation => static expression => expression is MemberAccessExpressionSyntax span ? span.Expression.WithTriviaFrom(span) : expression,
            IInvocationOperation call when MemoryOf.IsAsSpan(call) => static expression =>
                expression is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax access } invocation
                    ? invocation.WithExpression(access.WithName(SyntaxFactory.IdentifierName("AsMemory")))
                    : expression,
            { Type.SpecialType: SpecialType.System_String } => static expression =>
                SyntaxFactory.InvocationExpression(SyntaxFactory.MemberAccessExpression(
                    SyntaxKind.SimpleMemberAccessExpression, expression.WithoutTrivia(), SyntaxFactory.IdentifierName("AsMemory"))).WithTriviaFrom(expression),
            _ => static expression => expression,
        };
    }
}
