extern alias generator;

using System.Reflection;
using AsyncCalls.Benchmarks.Fixtures;
using AsyncCalls.Benchmarks.Ratios;
using generator::AsyncCalls.Generator;
using Microsoft.CodeAnalysis;

namespace AsyncCalls.Benchmarks.Metrics;

/// <summary>The source generator in a project of a thousand annotated methods.</summary>
internal static class GeneratorMetrics
{
    private const string ReferenceName = "LoggerMessage generator on as many methods";

    public static IEnumerable<Metric> All { get; } =
    [
        Of("generator_warm_edit", "one method changes, everything else is known", 1.00, static (project, times) => project.Edit(times)),

        // A thousand files against one.
        Of("generator_cold", "all files from nothing", 1.50, static (project, times) => project.GenerateAll(times)),
    ];

    private static Metric Of(string name, string work, double target, Action<GeneratedProject, int> run) => new()
    {
        Name = name,
        Work = work,
        Reference = ReferenceName,
        Target = new Target(target),
        Open = _ =>
        {
            GeneratedProject ours = new GeneratedProject(
                new AsyncCallGenerator(),
                "public sealed partial class Type{0}(global::AsyncCalls.AsyncCallRuntime calls)",
                "    [global::AsyncCalls.AsyncCall]\n    public int M{0}({1} path) => {0};",
                GeneratedProject.Methods).Open();
            GeneratedProject reference = new GeneratedProject(
                LoggerMessageGenerator(),
                "public sealed partial class Type{0}(global::Microsoft.Extensions.Logging.ILogger logger)",
                "    [global::Microsoft.Extensions.Logging.LoggerMessage(Level = global::Microsoft.Extensions.Logging.LogLevel.Information, Message = \"{{path}}\")]\n"
                + "    public partial void M{0}({1} path);",
                generatedFiles: 1).Open();
            return new Comparison(new TimedWork(times => run(ours, times)), new TimedWork(times => run(reference, times)));
        },
    };

    /// <summary>The generator of the logging package, which lies beside the program.</summary>
    private static IIncrementalGenerator LoggerMessageGenerator()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "reference", "Microsoft.Extensions.Logging.Generators.dll");
        if (!File.Exists(path))
        {
            throw new ReferenceUnavailableException($"{path} is not there.");
        }

        Type type = Assembly.LoadFrom(path).GetType("Microsoft.Extensions.Logging.Generators.LoggerMessageGenerator", throwOnError: true)!;
        return (IIncrementalGenerator)Activator.CreateInstance(type)!;
    }
}
