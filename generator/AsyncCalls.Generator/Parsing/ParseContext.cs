using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.Generator.Parsing;

/// <summary>One method on its way through the parser: what it is, and whether an error has been found in it.</summary>
internal sealed class ParseContext
{
    private readonly Action<Diagnostic>? _report;

    public ParseContext(
        MethodDeclarationSyntax syntax,
        IMethodSymbol method,
        SemanticModel semanticModel,
        Action<Diagnostic>? report,
        CancellationToken cancellationToken)
    {
        Syntax = syntax;
        Method = method;
        SemanticModel = semanticModel;
        CancellationToken = cancellationToken;
        _report = report;
    }

    public MethodDeclarationSyntax Syntax { get; }

    public IMethodSymbol Method { get; }

    public SemanticModel SemanticModel { get; }

    public CancellationToken CancellationToken { get; }

    /// <summary>The model of another file of the compilation.</summary>
    public SemanticModel? ModelOf(SyntaxTree tree)
        => tree == SemanticModel.SyntaxTree ? SemanticModel
            : SemanticModel.Compilation.ContainsSyntaxTree(tree) ? SemanticModel.Compilation.GetSemanticModel(tree)
            : null;

    /// <summary>Whether an error was found: then no twin is written, also where a user has lowered the rule's severity.</summary>
    public bool Failed { get; private set; }

    /// <summary>Whether anyone hears what is reported: the analyzer does, the generator does not.</summary>
    public bool IsReporting => _report is not null;

    public Location Identifier => Syntax.Identifier.GetLocation();

    public Location ReturnType => Syntax.ReturnType.GetLocation();

    public Location ParameterIdentifier(IParameterSymbol parameter) => SyntaxOf(parameter)?.Identifier.GetLocation() ?? Identifier;

    public Location ParameterType(IParameterSymbol parameter) => SyntaxOf(parameter)?.Type?.GetLocation() ?? Identifier;

    public void Report(DiagnosticDescriptor rule, Location location, params object[] arguments) => Report(rule, location, [], arguments);

    /// <summary>Reports with the places that the rule speaks of besides.</summary>
    public void Report(DiagnosticDescriptor rule, Location location, Location[] others, params object[] arguments)
    {
        Failed |= rule.DefaultSeverity == DiagnosticSeverity.Error;
        _report?.Invoke(Diagnostic.Create(rule, location, others, arguments));
    }

    private ParameterSyntax? SyntaxOf(IParameterSymbol parameter)
    {
        SeparatedSyntaxList<ParameterSyntax> parameters = Syntax.ParameterList.Parameters;
        return parameter.Ordinal < parameters.Count ? parameters[parameter.Ordinal] : null;
    }
}
