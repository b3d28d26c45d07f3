using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Models;
using Microsoft.CodeAnalysis;

namespace AsyncCalls.Generator.Parsing;

/// <summary>
/// Parses <c>[LibraryImport]</c> and <c>[DllImport]</c>: a known function of libc becomes a descriptor, any other runs on a worker.
/// </summary>
internal static class ImportParser
{
    private const string LibraryImport = "System.Runtime.InteropServices.LibraryImportAttribute";

    public static bool IsImport(IMethodSymbol method) => method.GetDllImportData() is not null || FindLibraryImport(method) is not null;

    /// <summary>The function of libc that the method imports, if it is one that the runtime knows.</summary>
    public static LibcFunction? FunctionOf(IMethodSymbol method)
        => IsImport(method) && Import.Of(method, FindLibraryImport(method)) is var import && LibcTable.IsLibc(import.Library) ? LibcTable.Find(import.Function) : null;

    public static TwinCall? Parse(ParseContext context, ParsedParameters parameters)
    {
        IMethodSymbol method = context.Method;
        Import import = Import.Of(method, FindLibraryImport(method));
        string function = LibcTable.IsLibc(import.Library) ? import.Function : "";
        if (!import.SetsLastError)
        {
            context.Report(Rules.NoLastError, context.Identifier, method.Name);
        }

        if (StreamShape.IsAsked(method))
        {
            return StreamShape.Fit(context, LibcTable.Find(function));
        }

        CheckDescriptor(context, function);
        if (context.Failed)
        {
            return null;
        }

        string errors = KnownNames.Errors + "." + Annotation.Errors(Annotation.Find(method)!);
        bool givesErrno = TwinResult.GivesErrno(method);
        var traits = new ImportTraits(TwinResult.Type(method) is null ? null : errors, givesErrno, LibcTable.IsInterruptible(function));
        WorkerCall onWorker = WorkerParser.Parse(method, parameters, traits);
        if (LibcTable.Find(function) is { } libc)
        {
            string? misfit = LibcSignature.Fit(method, libc, import, errors, out NativeCall? call);
            if (misfit is null)
            {
                // Each conversion has one that gives the error number too.
                string conversion = givesErrno ? call!.Conversion.Substring(0, call.Conversion.Length - "()".Length) + "Result()" : call!.Conversion;
                return call with { Conversion = conversion, Portable = new PortableCall(onWorker, parameters.Unused("target"), parameters.Unused("call")) };
            }

            context.Report(Rules.NotNative, context.Identifier, method.Name, import.Function, misfit);
        }

        return onWorker;
    }

    private static void CheckDescriptor(ParseContext context, string function)
    {
        if (!LibcTable.StartsWithDescriptor(function) || context.Method.Parameters.FirstOrDefault() is not { } descriptor)
        {
            return;
        }

        if (function == "close")
        {
            // The number is right here: whoever has a SafeHandle disposes it, which closes it once.
            if (TypeFacts.IsSafeHandle(descriptor.Type))
            {
                context.Report(Rules.CloseOfSafeHandle, context.ParameterType(descriptor), context.Method.Name);
            }
        }
        else if (descriptor.Type.SpecialType == SpecialType.System_Int32)
        {
            context.Report(Rules.RawDescriptor, context.ParameterType(descriptor), descriptor.Name);
        }
    }

    private static AttributeData? FindLibraryImport(IMethodSymbol method)
        => method.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass?.ToDisplayString() == LibraryImport);
}
