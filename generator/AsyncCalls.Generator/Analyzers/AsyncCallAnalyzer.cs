using System.Collections.Immutable;
using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Parsing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;

namespace AsyncCalls.Generator.Analyzers;

/// <summary>
/// Reports why a method has no twin, or one with a limit, by running the generator's parser. An analyzer and not the generator,
/// so that <c>#pragma warning disable</c> works and the generator's steps hold no locations.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class AsyncCallAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc/>
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        Rules.TypeNotPartial, Rules.ByReference, Rules.Pointer, Rules.RefStruct, Rules.NameTaken, Rules.AlreadyAsynchronous,
        Rules.RuntimeHidden, Rules.SeveralRuntimes, Rules.NoRuntime, Rules.MutableStruct, Rules.NoLastError, Rules.RawDescriptor,
        Rules.CloseOfSafeHandle, Rules.NotNative, Rules.UnsupportedMethod, Rules.ParamsSpan, Rules.NotCancellable,
        Rules.InvalidSetting, UsageRules.NotInterruptible,
    ];

    /// <inheritdoc/>
    public override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();

        // The stub that the SDK writes for a [LibraryImport] carries [GeneratedCode], and attributes of a partial method are those of both parts: to the
        // compiler the annotated declaration is generated code too.
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.Analyze | GeneratedCodeAnalysisFlags.ReportDiagnostics);
        context.RegisterSyntaxNodeAction(AnalyzeMethod, SyntaxKind.MethodDeclaration);
        context.RegisterSyntaxNodeAction(
            AnalyzeOther,
            SyntaxKind.LocalFunctionStatement,
            SyntaxKind.ParenthesizedLambdaExpression,
            SyntaxKind.SimpleLambdaExpression,
            SyntaxKind.OperatorDeclaration,
            SyntaxKind.ConversionOperatorDeclaration,
            SyntaxKind.GetAccessorDeclaration,
            SyntaxKind.SetAccessorDeclaration,
            SyntaxKind.InitAccessorDeclaration,
            SyntaxKind.AddAccessorDeclaration,
            SyntaxKind.RemoveAccessorDeclaration);
    }

    private static void AnalyzeMethod(SyntaxNodeAnalysisContext context)
    {
        var syntax = (MethodDeclarationSyntax)context.Node;
        if (FindAttribute(context, syntax.AttributeLists) is not null
            && context.SemanticModel.GetDeclaredSymbol(syntax, context.CancellationToken) is { } method)
        {
            TwinParser.Parse(syntax, method, context.SemanticModel, context.ReportDiagnostic, context.CancellationToken);
        }
    }

    /// <summary>The attribute is allowed on all that compiles to a method; the generator looks at declarations of methods only.</summary>
    private static void AnalyzeOther(SyntaxNodeAnalysisContext context)
    {
        (SyntaxList<AttributeListSyntax> attributes, string kind) = context.Node switch
        {
            LocalFunctionStatementSyntax local => (local.AttributeLists, "a local function"),
            LambdaExpressionSyntax lambda => (lambda.AttributeLists, "a lambda"),
            BaseMethodDeclarationSyntax @operator => (@operator.AttributeLists, "an operator"),
            AccessorDeclarationSyntax accessor => (accessor.AttributeLists, "an accessor"),
            _ => (default, ""),
        };
        if (FindAttribute(context, attributes) is { } attribute)
        {
            string name = context.Node is LocalFunctionStatementSyntax local ? local.Identifier.ValueText : "This";
            context.ReportDiagnostic(Diagnostic.Create(Rules.UnsupportedMethod, attribute.GetLocation(), name, kind));
        }
    }

    private static AttributeSyntax? FindAttribute(SyntaxNodeAnalysisContext context, SyntaxList<AttributeListSyntax> lists)
    {
        foreach (AttributeListSyntax list in lists)
        {
            foreach (AttributeSyntax attribute in list.Attributes)
            {
                if (context.SemanticModel.GetTypeInfo(attribute, context.CancellationToken).Type?.ToDisplayString() == KnownNames.AsyncCallAttribute)
                {
                    return attribute;
                }
            }
        }

        return null;
    }
}
