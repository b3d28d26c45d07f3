using System.Globalization;
using AsyncCalls;
using Doctor.Machine;

namespace Doctor;

/// <summary>What could be changed, as sentences. The reasons of backends say themselves what to change.</summary>
internal static class Advice
{
    /// <summary>Below this a server with some connections and files runs out.</summary>
    private const long FewFiles = 4_096;

    /// <summary>Above this share of its budget the next program that wants Linux AIO may get none.</summary>
    private const double NearlyUsed = 0.9;

    public static IEnumerable<string> Find(AsyncCallCapabilities capabilities, IReadOnlyList<Fact> facts)
    {
        foreach (BackendCapability backend in capabilities.All.Where(static backend => !backend.Available))
        {
            yield return $"{backend.Name} is not used: {backend.Reason}.";
        }

        if (capabilities.IoUring.Available && capabilities.IoUring.Reason.Contains("no memory", StringComparison.Ordinal))
        {
            yield return $"io_uring is smaller than it was asked to be: {capabilities.IoUring.Reason}.";
        }

        if (capabilities.Workers.Reason.Contains("cannot be interrupted", StringComparison.Ordinal))
        {
            yield return $"Workers: {capabilities.Workers.Reason}. Calls that wait on a worker end only by themselves; leave one real-time signal to the runtime.";
        }

        if (Number(facts.ValueOf(Facts.OpenFiles)) is { } files && files < FewFiles)
        {
            yield return $"{Facts.OpenFiles} is {files}: raise it (ulimit -n, LimitNOFILE=) for a program with many connections or files.";
        }

        if (Number(facts.ValueOf(Facts.AioUsed)) is { } used && Number(facts.ValueOf(Facts.AioMax)) is { } most && used > most * NearlyUsed)
        {
            yield return $"{used} of {most} events of Linux AIO are set aside: raise {Facts.AioMax} (sysctl) if files with O_DIRECT are to go that way.";
        }
    }

    private static long? Number(string text) =>
        long.TryParse(text.Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
