namespace AsyncCalls.Stress.Fixtures;

/// <summary>What the kernel says that this process has.</summary>
internal static class ProcessState
{
    /// <summary>The kernel keeps so many characters of a thread's name.</summary>
    private const int ThreadNameMax = 15;

    /// <summary>The targets of the open descriptors, by number.</summary>
    public static Dictionary<int, string> Descriptors()
    {
        var found = new Dictionary<int, string>();
        foreach (string link in Directory.GetFiles("/proc/self/fd"))
        {
            try
            {
                if (new FileInfo(link).LinkTarget is { } target)
                {
                    found[int.Parse(Path.GetFileName(link))] = target;
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Closed meanwhile.
            }
        }

        return found;
    }

    /// <summary>Descriptors of the kinds that a runtime or a proof opens: the class library may open others of its own at any time.</summary>
    public static int DescriptorsOfCalls() => Descriptors().Values.Count(static target =>
        target.StartsWith("pipe:", StringComparison.Ordinal)
        || target.StartsWith("anon_inode:", StringComparison.Ordinal)
        || target.StartsWith("/memfd:", StringComparison.Ordinal)
        || target.Contains(ScratchFolder.Mark, StringComparison.Ordinal));

    /// <summary>The threads of a runtime, whose names begin with its own.</summary>
    public static int ThreadsOf(AsyncCallRuntime runtime)
    {
        string prefix = $"{runtime.Name} ";
        prefix = prefix.Length > ThreadNameMax ? prefix[..ThreadNameMax] : prefix;
        int count = 0;
        foreach (string task in Directory.GetDirectories("/proc/self/task"))
        {
            try
            {
                string name = File.ReadAllText(Path.Combine(task, "comm")).TrimEnd('\n');
                count += name.StartsWith(prefix, StringComparison.Ordinal) && (name.Length == prefix.Length || !char.IsDigit(name[prefix.Length])) ? 1 : 0;
            }
            catch (IOException)
            {
                // The thread has ended meanwhile.
            }
        }

        return count;
    }
}
