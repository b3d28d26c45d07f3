using System.Collections.Immutable;
using System.Composition;
using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Parsing;
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
/// fills; with several, or where instances are made that would have to pass it, a field that holds the shared runtime until someone decides otherwise.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AddRuntimeFix)), Shared]
public sealed class AddRuntimeFix : EditorFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [Rules.NoRuntime.Id];

    /// <inheritdoc/>
    protected override string Title => "Add the runtime";

    private protected override ISymbol? DependsOnUsesOf(FixRun run, SyntaxNode node, CancellationToken cancellationToken) => TypeOf(run, node, cancellationToken);

    private protected override bool TryEdit(FixRun run, SyntaxNode node, Diagnostic diagnostic, CancellationToken cancellationToken)
    {
        if (TypeOf(run, node, cancellationToken) is not { } symbol)
        {
            return false;
        }

        SyntaxNode[] constructors =
        [
            .. symbol.InstanceConstructors.Where(constructor => !constructor.IsImplicitlyDeclared)
                .SelectMany(constructor => constructor.DeclaringSyntaxReferences).Select(reference => reference.GetSyntax(cancellationToken)),
        ];

        // Of the parts of a type the one with the constructor is edited, or the first with a twin, whichever part was reported.
        SyntaxNode? member = constructors.FirstOrDefault() ?? FirstAnnotated(symbol, cancellationToken);
        if (member?.FirstAncestorOrSelf<TypeDeclarationSyntax>() is not { } type || constructors.Append(type).Any(part => part.SyntaxTree != node.SyntaxTree))
        {
            return false;
        }

        if (run.IsFirst(type))
        {
            Edit(run, type, symbol, constructors, cancellationToken);
        }

        return true;
    }

    private static INamedTypeSymbol? TypeOf(FixRun run, SyntaxNode node, CancellationToken cancellationToken)
        => node.FirstAncestorOrSelf<TypeDeclarationSyntax>() is { } type ? run.Model.GetDeclaredSymbol(type, cancellationToken) : null;

    private static SyntaxNode? FirstAnnotated(INamedTypeSymbol type, CancellationToken cancellationToken)
        => type.GetMembers().OfType<IMethodSymbol>().FirstOrDefault(method => !method.IsStatic && Annotation.Find(method) is not null)
            ?.DeclaringSyntaxReferences.FirstOrDefault()?.GetSyntax(cancellationToken);

    private static void Edit(FixRun run, TypeDeclarationSyntax type, INamedTypeSymbol symbol, SyntaxNode[] constructors, CancellationToken cancellationToken)
    {
        string name = Unused(symbol, "calls");
        ParameterSyntax parameter = SyntaxFactory.Parameter(SyntaxFactory.Identifier(name).WithLeadingTrivia(SyntaxFactory.Space)).WithType(Types.Named(Types.Runtime));
        if (HasLayout(symbol) || run.UsesOf(symbol).Any(use => Constructs(run, use, cancellationToken)))
        {
            AddShared(run, type, symbol);
        }
        else if (constructors.Length == 0)
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
            AddMember(run, type, $"private readonly {Types.Runtime} _{name};");
        }
        else
        {
            AddShared(run, type, symbol);
        }
    }

    // The default value of a struct has no value in its fields, and where someone counts the bytes there is no room for one.
    private static void AddShared(FixRun run, TypeDeclarationSyntax type, INamedTypeSymbol symbol) => AddMember(
        run,
        type,
        symbol.IsValueType || HasLayout(symbol)
            ? $"private static {Types.Runtime} {Unused(symbol, "Calls")} => {Types.Runtime}.Shared;"
            : $"private readonly {Types.Runtime} _{Unused(symbol, "calls")} = {Types.Runtime}.Shared;");

    private static bool HasLayout(INamedTypeSymbol type)
        => type.GetAttributes().Any(attribute => attribute.AttributeClass is { } mark && TypeFacts.IsNamed(mark, "StructLayoutAttribute", "System.Runtime.InteropServices"));

    /// <summary>Whether the name makes an instance, of the type or of one derived from it, or lets others do so by <c>new T()</c>: whoever does would have to pass a runtime.</summary>
    private static bool Constructs(FixRun run, SyntaxNode name, CancellationToken cancellationToken) => name.AncestorsAndSelf().Any(node => node switch
    {
        ObjectCreationExpressionSyntax creation => creation.Type.Span.End == name.Span.End || creation.Type is GenericNameSyntax generic && generic.Identifier.Span == name.Span,
        ImplicitObjectCreationExpressionSyntax or ConstructorInitializerSyntax => node == name,
        BaseTypeSyntax @base => @base.Type.Span.Contains(name.Span),
        TypeArgumentListSyntax { Parent: GenericNameSyntax generic } list => IsMadeBy(run.SymbolOf(generic, cancellationToken), list.Arguments.IndexOf(argument => argument.Span.Contains(name.Span))),
        _ => false,
    });

    private static bool IsMadeBy(ISymbol? generic, int argument) => generic switch
    {
        INamedTypeSymbol type => type.TypeParameters[argument].HasConstructorConstraint,
        IMethodSymbol method => method.TypeParameters[argument].HasConstructorConstraint,
        _ => false,
    };

    private static void AddMember(FixRun run, TypeDeclarationSyntax type, string declaration)
    {
        MemberDeclarationSyntax member = SyntaxFactory.ParseMemberDeclaration(declaration)!
            .WithTrailingTrivia(Types.EndOfLine(type), Types.EndOfLine(type))
            .WithAdditionalAnnotations(Simplifier.Annotation, Formatter.Annotation);
        run.Editor.InsertMembers(type, index: 0, [member]);
    }

    // Behind the parameters that must be given, before those that may be left out: nobody passes them by position, or the type would have a field.
    private static ParameterListSyntax Add(ParameterListSyntax list, ParameterSyntax parameter)
    {
        int index = list.Parameters.IndexOf(present => present.Default is not null || present.Modifiers.Any(SyntaxKind.ParamsKeyword));
        if (index < 0)
        {
            return list.AddParameters(list.Parameters.Count == 0 ? parameter : parameter.WithLeadingTrivia(SyntaxFactory.Space));
        }

        ParameterSyntax next = list.Parameters[index];
        SeparatedSyntaxList<ParameterSyntax> parameters = index > 0 ? list.Parameters : list.Parameters.Replace(next, next.WithLeadingTrivia(SyntaxFactory.Space));
        return list.WithParameters(parameters.Insert(index, parameter.WithLeadingTrivia(next.GetLeadingTrivia())));
    }

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
