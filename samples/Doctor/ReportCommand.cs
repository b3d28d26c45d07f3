using AsyncCalls;
using Doctor.Display;
using Doctor.Machine;

namespace Doctor;

/// <summary>Makes a runtime, which tries what there is, looks at the machine, and prints both.</summary>
internal static class ReportCommand
{
    public static int Run(Settings settings)
    {
        try
        {
            using var runtime = new AsyncCallRuntime(settings.ToRuntimeOptions());
            var report = Report.Make(runtime.Capabilities, Facts.Find());
            if (settings.Json)
            {
                Console.Out.WriteLine(report.ToJson());
            }
            else
            {
                Tables.Write(report);
            }

            return ExitCode.Success;
        }
        catch (ArgumentException exception)
        {
            Console.Error.WriteLine($"Doctor: {exception.Message}");
            return ExitCode.Usage;
        }
        catch (NotSupportedException exception)
        {
            Console.Error.WriteLine($"Doctor: {exception.Message}");
            return ExitCode.Missing;
        }
    }
}
