using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncCalls.Generator.Parsing;

/// <summary>Constants as the generated code writes them: default values of parameters, and constant arguments.</summary>
internal static class ConstantText
{
    public static string Format(object? value, ITypeSymbol type)
    {
        if (value is null)
        {
            return FormatNull(type);
        }

        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            return Format(value, nullable.TypeArguments[0]);
        }

        return type is INamedTypeSymbol { TypeKind: TypeKind.Enum } @enum ? FormatEnum(value, @enum) : FormatPrimitive(value);
    }

    /// <summary>
    /// Whether the value can be written as a default of the type. Attributes may give others: a date, a number for an <c>object</c>, and what is of another type.
    /// </summary>
    public static bool IsDefault(object? value, ITypeSymbol type) => value is null || type switch
    {
        INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable => IsDefault(value, nullable.TypeArguments[0]),
        INamedTypeSymbol { TypeKind: TypeKind.Enum, EnumUnderlyingType: { } underlying } => IsDefault(value, underlying),
        { SpecialType: SpecialType.System_IntPtr } => value is int,
        { SpecialType: SpecialType.System_UIntPtr } => value is uint,
        _ => value is not DateTime && type.SpecialType.ToString() == "System_" + value.GetType().Name,
    };

    private static string FormatNull(ITypeSymbol type)
    {
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T })
        {
            return "null";
        }

        // The type may be without an annotation because nullable is off where it was written: the twin keeps the type and says "null!".
        string forgiven = type.NullableAnnotation == NullableAnnotation.Annotated ? "" : "!";
        if (type is ITypeParameterSymbol { IsValueType: false })
        {
            return "default" + forgiven;
        }

        return type.IsReferenceType ? "null" + forgiven : "default";
    }

    private static string FormatEnum(object value, INamedTypeSymbol type)
    {
        string typeName = SymbolText.Type(type);
        ulong bits = Bits(value);
        IFieldSymbol[] members = [.. type.GetMembers().OfType<IFieldSymbol>().Where(member => member.HasConstantValue && !TypeFacts.IsForbidden(member))];
        if (Array.Find(members, member => Bits(member.ConstantValue!) == bits) is { } exact)
        {
            return Member(typeName, exact);
        }

        var parts = new List<string>();
        if (type.GetAttributes().Any(attribute => attribute.AttributeClass?.ToDisplayString() == "System.FlagsAttribute"))
        {
            foreach (IFieldSymbol member in members)
            {
                ulong memberBits = Bits(member.ConstantValue!);
                if (memberBits != 0 && (bits & memberBits) == memberBits)
                {
                    parts.Add(Member(typeName, member));
                    bits &= ~memberBits;
                }
            }
        }

        return bits == 0 && parts.Count > 0 ? string.Join(" | ", parts) : $"({typeName}){Parenthesized(FormatPrimitive(value))}";
    }

    private static string Parenthesized(string number) => number[0] == '-' ? $"({number})" : number;

    private static string Member(string typeName, IFieldSymbol member) => typeName + "." + SymbolText.Identifier(member.Name);

    private static ulong Bits(object value) => value is ulong bits ? bits : unchecked((ulong)Convert.ToInt64(value, CultureInfo.InvariantCulture));

    private static string FormatPrimitive(object value) => value switch
    {
        bool boolean => boolean ? "true" : "false",
        string text => SymbolDisplay.FormatLiteral(text, quote: true),
        char character => SymbolDisplay.FormatLiteral(character, quote: true),
        float.NaN => "float.NaN",
        float.PositiveInfinity => "float.PositiveInfinity",
        float.NegativeInfinity => "float.NegativeInfinity",
        double.NaN => "double.NaN",
        double.PositiveInfinity => "double.PositiveInfinity",
        double.NegativeInfinity => "double.NegativeInfinity",
        float number => number.ToString("R", CultureInfo.InvariantCulture) + "F",
        double number => number.ToString("R", CultureInfo.InvariantCulture) + "D",
        decimal number => number.ToString(CultureInfo.InvariantCulture) + "M",
        uint number => number.ToString(CultureInfo.InvariantCulture) + "U",
        long number => number.ToString(CultureInfo.InvariantCulture) + "L",
        ulong number => number.ToString(CultureInfo.InvariantCulture) + "UL",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
