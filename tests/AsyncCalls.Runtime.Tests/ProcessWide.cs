namespace AsyncCalls.Runtime.Tests;

/// <summary>Tests that measure or change something of the whole process or machine: they run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessWide
{
    public const string Name = "process-wide";

    /// <summary>The threads of a runtime, by the name that the kernel keeps (15 characters).</summary>
    internal static int ThreadsOf(AsyncCallRuntime runtime) => ThreadIdsOf(runtime).Count;

    /// <inheritdoc cref="ThreadsOf"/>
    internal static List<int> ThreadIdsOf(AsyncCallRuntime runtime)
    {
        string[] names = [Cut($"{runtime.Name} worker 1"), Cut($"{runtime.Name} dispatcher 1"), Cut($"{runtime.Name} watchdog")];
        var ids = new List<int>();
        foreach (string task in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                if (names.Contains(File.ReadAllText(Path.Combine(task, "comm")).TrimEnd('\n')))
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

        static string Cut(string name) => name.Length > 15 ? name[..15] : name;
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
