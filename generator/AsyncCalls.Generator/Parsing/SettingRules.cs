using AsyncCalls.Backends;
using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Models;
using AsyncCalls.Routing;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AsyncCalls.Generator.Parsing;

/// <summary>Whether what the attribute says fits the method.</summary>
internal static class SettingRules
{
    /// <summary>The flags of <c>AsyncCallBackends</c>.</summary>
    private static readonly (int Flag, Backend Backend, string Name)[] Requirable = [(1, Backend.IoUring, "io_uring"), (2, Backend.Epoll, "epoll"), (4, Backend.LinuxAio, "Linux AIO")];

    public static void Check(ParseContext context)
    {
        IMethodSymbol method = context.Method;
        AttributeData annotation = Annotation.Find(method)!;
        string? pattern = Annotation.NamePattern(annotation);
        if (pattern is not null && TwinNames.Implemented(method) is not null)
        {
            Report(context, "Name", "the twin of an explicit implementation has the name that the interface gives it");
        }
        else if (pattern is not null && !SyntaxFacts.IsValidIdentifier(TwinNames.Of(method)))
        {
            Report(context, "Name", $"'{TwinNames.Of(method)}' is no name of a method");
        }
        else if (TwinNames.Of(method) == method.Name && method.Parameters.Any(parameter => parameter.HasExplicitDefaultValue || TypeFacts.IsAnySpan(parameter.Type)))
        {
            Report(context, "Name", "a call that leaves out a parameter, or passes an array for a span, would fit both the original and the twin");
        }

        if (Annotation.TimeoutMs(annotation) < 0)
        {
            Report(context, "TimeoutMs", "a time is not negative");
        }

        if (Annotation.Multishot(annotation))
        {
            CheckStream(context, annotation);
            return;
        }

        if (Annotation.Errors(annotation) != "Result")
        {
            return;
        }

        if (!ImportParser.IsImport(method))
        {
            Report(context, "Errors", "only an import has an error number; this method throws, and its twin does");
        }
        else if (method.ReturnsVoid)
        {
            Report(context, "Errors", "the import returns nothing that could say that it failed");
        }
    }

    /// <summary>What is said of single calls does not fit a stream of them.</summary>
    private static void CheckStream(ParseContext context, AttributeData annotation)
    {
        if (!ImportParser.IsImport(context.Method))
        {
            Report(context, "Multishot", "only an import of a function that waits again and again has a multishot form");
        }

        foreach (KeyValuePair<string, TypedConstant> setting in annotation.NamedArguments)
        {
            string? reason = setting.Key switch
            {
                "TimeoutMs" => "a time bounds a call and not a stream of them: cancel the stream's token",
                "Errors" => "a stream throws where a call fails",
                "RequiredBackends" => "a stream goes on with single calls where there are no multishot requests",
                "TakesOptions" => "options are of single calls: the stream takes a token",
                _ => null,
            };
            if (reason is not null)
            {
                Report(context, setting.Key, reason);
            }
        }
    }

    /// <summary>Whether the call can take the way that it requires, once it is known what the call is.</summary>
    public static void CheckBackends(ParseContext context, TwinCall call)
    {
        int required = Annotation.RequiredBackends(Annotation.Find(context.Method)!);
        if ((required & ~Requirable.Sum(known => known.Flag)) is var unknown and not 0)
        {
            Report(context, "RequiredBackends", $"there is no backend with the number {unknown}");
            return;
        }

        foreach ((int flag, Backend backend, string name) in Requirable)
        {
            if ((required & flag) == 0)
            {
                continue;
            }

            if (call is not NativeCall native)
            {
                Report(context, "RequiredBackends", "the method runs on a worker thread");
                return;
            }

            if (!RoutingTable.All.Any(row => row.Operation == native.Operation && row.Includes(backend)))
            {
                Report(context, "RequiredBackends", $"the operation is never routed to {name}");
            }
        }
    }

    public static CallLimits Limits(IMethodSymbol method)
    {
        AttributeData annotation = Annotation.Find(method)!;
        TypedConstant backends = annotation.NamedArguments.FirstOrDefault(pair => pair.Key == "RequiredBackends").Value;
        string? required = Annotation.RequiredBackends(annotation) == 0 ? null : ConstantText.Format(backends.Value, backends.Type!);
        return new CallLimits(Annotation.TimeoutMs(annotation), required);
    }

    private static void Report(ParseContext context, string setting, string reason)
        => context.Report(Rules.InvalidSetting, context.Identifier, setting, context.Method.Name, reason);
}
