using System.Runtime.InteropServices;
using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>What <c>[LibraryImport]</c> and <c>[DllImport]</c> say of a function, in one form.</summary>
/// <param name="Library">The name of the library.</param>
/// <param name="Function">The entry point.</param>
/// <param name="SetsLastError">Whether the last error is kept.</param>
/// <param name="StringsAreUtf8">Whether a string without an attribute of its own is passed as UTF-8.</param>
/// <param name="IsPlain">Whether the result is passed on as it is.</param>
internal sealed record Import(string Library, string Function, bool SetsLastError, bool StringsAreUtf8, bool IsPlain)
{
    // Members of enums that netstandard2.0 does not know, or not all of.
    private const int StringMarshallingUtf8 = 1;
    private const int UnmanagedTypeLPStr = 20;
    private const int UnmanagedTypeLPUtf8Str = 48;

    public static Import Of(IMethodSymbol method, AttributeData? libraryImport)
    {
        if (libraryImport is not null)
        {
            return new Import(
                libraryImport.ConstructorArguments.FirstOrDefault() is { Kind: TypedConstantKind.Primitive, Value: string library } ? library : "",
                Named(libraryImport, "EntryPoint") as string ?? method.Name,
                Named(libraryImport, "SetLastError") is true,
                Named(libraryImport, "StringMarshalling") is StringMarshallingUtf8,
                IsPlain: true);
        }

        DllImportData data = method.GetDllImportData()!;
        return new Import(
            data.ModuleName ?? "",
            data.EntryPointName ?? method.Name,
            data.SetLastError,
            data.CharacterSet != CharSet.Unicode,
            (method.MethodImplementationFlags & System.Reflection.MethodImplAttributes.PreserveSig) != 0);
    }

    /// <summary>Whether the string is passed as UTF-8; on the systems that have libc, LPStr is UTF-8 too.</summary>
    public bool PassesUtf8(IParameterSymbol parameter)
    {
        AttributeData? marshalAs = parameter.GetAttributes().FirstOrDefault(
            attribute => attribute.AttributeClass?.ToDisplayString() == "System.Runtime.InteropServices.MarshalAsAttribute");
        return marshalAs is null
            ? StringsAreUtf8
            : marshalAs.ConstructorArguments.FirstOrDefault().Value is UnmanagedTypeLPStr or UnmanagedTypeLPUtf8Str;
    }

    private static object? Named(AttributeData attribute, string name)
    {
        TypedConstant constant = attribute.NamedArguments.FirstOrDefault(pair => pair.Key == name).Value;
        return constant.Kind == TypedConstantKind.Array ? null : constant.Value;
    }
}
