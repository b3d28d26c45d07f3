namespace AsyncCalls.Runtime.Tests;

/// <summary>Tests that measure or change something of the whole process or machine: they run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWide
{
    public const string Name = "process-wide";

    /// <summary>How many threads a runtime has.</summary>
    internal static int ThreadsOf(AsyncCallRuntime runtime) => ThreadIdsOf(runtime).Count;

    /// <summary>The threads of a runtime, by the kernel's names for them: its own, cut to 15 characters, begins each.</summary>
    internal static List<int> ThreadIdsOf(AsyncCallRuntime runtime)
    {
        const int Max = 15;
        string prefix = runtime.Name + " ";
        prefix = prefix[..Math.Min(Max, prefix.Length)];
        var ids = new List<int>();
        foreach (string task in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                string name = File.ReadAllText(Path.Combine(task, "comm")).TrimEnd('\n');
                if (name.StartsWith(prefix, StringComparison.Ordinal) && (name.Length == prefix.Length || !char.IsDigit(name[prefix.Length])))
                {
                    ids.Add(int.Parse(Path.GetFileName(task), System.Globalization.CultureInfo.InvariantCulture));
                }
            }
            catch (IOException)
            {
                // The thread has ended meanwhile.
            }
        }

        return ids;
    }

    /// <summary>Where each open descriptor of the process points to.</summary>
    internal static Dictionary<int, string> Descriptors()
    {
        var found = new Dictionary<int, string>();
        foreach (string link in Directory.GetFiles("/proc/self/fd"))
        {
            try
            {
                if (new FileInfo(link).LinkTarget is { } target)
                {
                    found[int.Parse(Path.GetFileName(link), System.Globalization.CultureInfo.InvariantCulture)] = target;
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Closed meanwhile.
            }
        }

        return found;
    }
}
