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
    /// <summary>StringMarshalling.Utf8, which netstandard2.0 does not know.</summary>
    private const int Utf8Marshalling = 1;

    public static Import Of(IMethodSymbol method, AttributeData? libraryImport)
    {
        if (libraryImport is not null)
        {
            return new Import(
                libraryImport.ConstructorArguments.FirstOrDefault() is { Kind: TypedConstantKind.Primitive, Value: string library } ? library : "",
                Named(libraryImport, "EntryPoint") as string ?? method.Name,
                Named(libraryImport, "SetLastError") is true,
                Named(libraryImport, "StringMarshalling") is Utf8Marshalling,
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
            : marshalAs.ConstructorArguments.FirstOrDefault() is { Kind: TypedConstantKind.Enum, Value: int type } && type is 20 or Lputf8Str;
    }

    // UnmanagedType.LPStr is 20; LPUTF8Str is unknown to netstandard2.0.
    private const int Lputf8Str = 48;

    private static object? Named(AttributeData attribute, string name)
        => attribute.NamedArguments.FirstOrDefault(pair => pair.Key == name).Value is { Kind: not TypedConstantKind.Array } constant ? constant.Value : null;
}
