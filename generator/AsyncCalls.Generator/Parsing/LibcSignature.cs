using AsyncCalls.Generator.Models;
using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>Whether the declaration of a libc function can become a descriptor, and with which arguments.</summary>
internal static class LibcSignature
{
    /// <summary>Returns null and the call if the declaration fits; else what does not, in words.</summary>
    public static string? Fit(IMethodSymbol method, LibcFunction function, Import import, string errors, out NativeCall? call)
    {
        call = null;
        int declared = function.DeclaredCount;
        bool omitsMode = function.Parameters[function.Parameters.Count - 1] == LibcParameter.Mode && method.Parameters.Length == declared - 1;
        if (method.Parameters.Length != declared && !omitsMode)
        {
            return $"it is declared with {method.Parameters.Length} parameters and not with {declared}";
        }

        if (!import.IsPlain)
        {
            return "it is declared with PreserveSig = false";
        }

        if (Conversion(method.ReturnType, function.Result) is not { } conversion)
        {
            return "its return type has no native form";
        }

        var arguments = new List<string>();
        var steps = new List<string>();
        var nonNegative = new List<string>();
        var owned = new List<string>();
        string? count = null;
        int position = 0;
        foreach (LibcParameter kind in function.Parameters)
        {
            if (!LibcFunction.IsDeclared(kind))
            {
                steps.Add(kind == LibcParameter.WorkingDirectory ? "Handle(-100)" : "Number(0)");
                continue;
            }

            if (position == method.Parameters.Length)
            {
                steps.Add("Number(0)");
                break;
            }

            IParameterSymbol parameter = method.Parameters[position++];
            string name = SymbolText.Identifier(parameter.Name);
            if (parameter.RefKind != RefKind.None)
            {
                return $"'{parameter.Name}' is passed by reference";
            }

            if (Argument(parameter, kind, import, name) is not { } argument)
            {
                return $"the type of '{parameter.Name}' has no native form";
            }

            arguments.Add(argument);
            steps.Add(Step(kind, argument, name, parameter.Type));
            count = kind == LibcParameter.Count ? argument : count;
            if (kind == LibcParameter.Count && IsSigned(parameter.Type))
            {
                nonNegative.Add(name);
            }

            if (kind is LibcParameter.InBuffer or LibcParameter.OutBuffer or LibcParameter.InMemory or LibcParameter.OutMemory)
            {
                owned.Add(name);
            }
        }

        call = function.Target is null
            ? new LibcTwinCall(function.Operation, errors, new(steps), new(nonNegative), conversion, new(owned))
            : new DescriptorCall("LibcCalls." + function.Target, function.Operation, new([errors, .. arguments]), new(nonNegative), conversion, owned[0], count);
        return null;
    }

    /// <summary>How an argument is told to the runtime.</summary>
    private static string Step(LibcParameter kind, string argument, string name, ITypeSymbol type) => kind switch
    {
        LibcParameter.Descriptor => $"Handle({argument})",
        LibcParameter.Path => $"Text({argument})",
        LibcParameter.InBuffer or LibcParameter.OutBuffer or LibcParameter.InMemory or LibcParameter.OutMemory => $"Memory({argument})",
        _ => type.SpecialType is SpecialType.System_UIntPtr or SpecialType.System_UInt64 ? $"Number(unchecked((long){name}))" : $"Number({name})",
    };

    private static string? Argument(IParameterSymbol parameter, LibcParameter kind, Import import, string name)
    {
        ITypeSymbol type = parameter.Type;
        switch (kind)
        {
            case LibcParameter.Descriptor:
                return type.SpecialType == SpecialType.System_Int32 || (TypeFacts.IsSafeHandle(type) && !IsNullable(type)) ? name : null;
            case LibcParameter.OutBuffer:
                return IsBytes(type, TypeFacts.IsSpan(type)) ? name : null;
            case LibcParameter.InBuffer:
                return IsBytes(type, TypeFacts.IsAnySpan(type)) ? name : null;
            case LibcParameter.Count:
                return Count(type.SpecialType, name);
            case LibcParameter.Offset:
                return type.SpecialType is SpecialType.System_Int64 or SpecialType.System_Int32 or SpecialType.System_IntPtr ? name : null;
            case LibcParameter.Path:
                return type.SpecialType == SpecialType.System_String && !IsNullable(type) && import.PassesUtf8(parameter) ? name : null;
            case LibcParameter.Flags:
                return type.SpecialType == SpecialType.System_Int32 ? name : null;
            case LibcParameter.Number:
                return IsSigned(type) || Count(type.SpecialType, name) is not null ? name : null;
            case LibcParameter.InMemory:
                return IsMemory(type, TypeFacts.IsAnySpan(type)) ? name : null;
            case LibcParameter.OutMemory:
                return IsMemory(type, TypeFacts.IsSpan(type)) ? name : null;
            default:
                return Mode(type.SpecialType, name);
        }
    }

    // Signed counts were checked before, so that only the widest can still fail to fit, and only in a 32-bit process.
    private static string? Count(SpecialType type, string name) => type switch
    {
        SpecialType.System_UIntPtr or SpecialType.System_UInt32 => name,
        SpecialType.System_Int32 or SpecialType.System_IntPtr => $"(nuint){name}",
        SpecialType.System_Int64 or SpecialType.System_UInt64 => $"checked((nuint){name})",
        _ => null,
    };

    private static string? Mode(SpecialType type, string name) => type switch
    {
        SpecialType.System_UInt32 or SpecialType.System_UInt16 => name,
        SpecialType.System_Int32 => $"unchecked((uint){name})",
        _ => null,
    };

    private static string? Conversion(ITypeSymbol type, LibcResult result) => type.SpecialType switch
    {
        SpecialType.System_Int32 => ".AsInt32()",
        SpecialType.System_IntPtr when result == LibcResult.Size => ".AsIntPtr()",
        SpecialType.System_Int64 when result == LibcResult.Size => ".AsInt64()",
        _ => result == LibcResult.Descriptor && TypeFacts.IsSafeFileHandle(type) && !IsNullable(type) ? ".AsFileHandle()" : null,
    };

    private static bool IsBytes(ITypeSymbol type, bool isSpan)
        => isSpan ? TypeFacts.ElementType(type).SpecialType == SpecialType.System_Byte : TypeFacts.IsByteArray(type);

    private static bool IsMemory(ITypeSymbol type, bool isSpan)
        => isSpan ? TypeFacts.ElementType(type).IsUnmanagedType : type is IArrayTypeSymbol { Rank: 1, ElementType.IsUnmanagedType: true };

    private static bool IsSigned(ITypeSymbol type)
        => type.SpecialType is SpecialType.System_Int32 or SpecialType.System_Int64 or SpecialType.System_IntPtr;

    private static bool IsNullable(ITypeSymbol type) => type.NullableAnnotation == NullableAnnotation.Annotated;
}
