using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AsyncCalls.CodeFixes;

/// <summary>The attribute that makes an import of a method, and what it says by name.</summary>
internal static class ImportAttribute
{
    public static AttributeSyntax? Find(MethodDeclarationSyntax method, SemanticModel model, CancellationToken cancellationToken)
        => method.AttributeLists.SelectMany(list => list.Attributes).FirstOrDefault(
            attribute => model.GetTypeInfo(attribute, cancellationToken).Type?.Name is "LibraryImportAttribute" or "DllImportAttribute");

    public static AttributeArgumentSyntax? Argument(AttributeSyntax attribute, string property)
        => attribute.ArgumentList?.Arguments.FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.ValueText == property);

    public static AttributeArgumentListSyntax With(AttributeArgumentListSyntax arguments, string property, LiteralExpressionSyntax value)
        => arguments.AddArguments(
            SyntaxFactory.AttributeArgument(value).WithNameEquals(SyntaxFactory.NameEquals(property)).NormalizeWhitespace().WithLeadingTrivia(SyntaxFactory.Space));
}
