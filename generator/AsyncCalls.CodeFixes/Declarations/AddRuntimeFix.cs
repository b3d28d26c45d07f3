using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;

namespace AsyncCalls.CodeFixes.Declarations;

/// <summary>
/// Gives a type the runtime of its twins (AC0009): a parameter of its primary constructor; in a type with one other constructor, a field that this one
/// fills; with several, a field that holds the shared runtime until someone decides otherwise.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AddRuntimeFix)), Shared]
public sealed class AddRuntimeFix : EditorFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.NoRuntime.Id];

    /// <inheritdoc/>
    protected override string Title => "Add the runtime";

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        if (node.FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } type
            || run.Model.GetDeclaredSymbol(type, cancellationToken) is not { } symbol)
        {
            return false;
        }

        SyntaxNode[] constructors =
        [
            .. symbol.InstanceConstructors.Where(constructor => !constructor.IsImplicitlyDeclared)
                .SelectMany(constructor => constructor.DeclaringSyntaxReferences).Select(reference => reference.GetSyntax(cancellationToken)),
        ];
        if (constructors.Any(constructor => constructor.SyntaxTree != type.SyntaxTree))
        {
            return false;
        }

        if (run.IsFirst(type))
        {
            Edit(run, type, symbol, constructors);
        }

        return true;
    }

    private static void Edit(FixRun run, TypeDeclarationSyntax type, INamedTypeSymbol symbol, SyntaxNode[] constructors)
    {
        string name = Unused(symbol, "calls");
        ParameterSyntax parameter = SyntaxFactory.Parameter(SyntaxFactory.Identifier(name).WithLeadingTrivia(SyntaxFactory.Space)).WithType(Types.Named(Types.Runtime));
        if (constructors.Length == 0)
        {
            run.Replace(type, current => WithParameterList(current, parameter));
        }
        else if (constructors.OfType<TypeDeclarationSyntax>().FirstOrDefault()?.ParameterList is { } primary)
        {
            run.Replace(primary, current => Add(current, parameter));
        }
        else if (constructors.Length == 1 && constructors[0] is ConstructorDeclarationSyntax { Body: { } body } constructor)
        {
            run.Replace(constructor.ParameterList, current => Add(current, parameter));
            StatementSyntax assignment = SyntaxFactory.ParseStatement($"_{name} = {name};")
                .WithTrailingTrivia(Types.EndOfLine(type)).WithAdditionalAnnotations(Formatter.Annotation);
            run.Replace(body, current => current.WithStatements(current.Statements.Insert(0, assignment)));
            AddField(run, type, $"private readonly {Types.Runtime} _{name};");
        }
        else
        {
            AddField(run, type, $"private readonly {Types.Runtime} _{name} = {Types.Runtime}.Shared;");
        }
    }

    private static void AddField(FixRun run, TypeDeclarationSyntax type, string declaration)
    {
        MemberDeclarationSyntax field = SyntaxFactory.ParseMemberDeclaration(declaration)!
            .WithTrailingTrivia(Types.EndOfLine(type), Types.EndOfLine(type))
            .WithAdditionalAnnotations(Simplifier.Annotation, Formatter.Annotation);
        run.Editor.InsertMembers(type, index: 0, [field]);
    }

    private static ParameterListSyntax Add(ParameterListSyntax list, ParameterSyntax parameter)
        => list.AddParameters(list.Parameters.Count == 0 ? parameter : parameter.WithLeadingTrivia(SyntaxFactory.Space));

    // The list comes right behind the name, before the end of the line.
    private static TypeDeclarationSyntax WithParameterList(TypeDeclarationSyntax type, ParameterSyntax parameter)
    {
        ParameterListSyntax list = SyntaxFactory.ParameterList([parameter]);
        return type.TypeParameterList is { } generic
            ? type.WithTypeParameterList(generic.WithoutTrailingTrivia()).WithParameterList(list.WithTrailingTrivia(generic.GetTrailingTrivia()))
            : type.WithIdentifier(type.Identifier.WithTrailingTrivia()).WithParameterList(list.WithTrailingTrivia(type.Identifier.TrailingTrivia));
    }

    /// <summary>A name that no member has, and no parameter, which would hide it.</summary>
    private static string Unused(INamedTypeSymbol type, string name)
    {
        HashSet<string> taken = [.. type.GetMembers().Select(member => member.Name)];
        taken.UnionWith(type.GetMembers().OfType<IMethodSymbol>().SelectMany(method => method.Parameters).Select(parameter => parameter.Name));
        string candidate = name;
        for (int suffix = 2; taken.Contains(candidate) || taken.Contains("_" + candidate); suffix++)
        {
            candidate = name + suffix;
        }

        return candidate;
    }
}
