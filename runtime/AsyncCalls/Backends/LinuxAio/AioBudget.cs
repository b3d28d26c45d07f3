using System.Globalization;

namespace AsyncCalls.Backends.LinuxAio;

/// <summary>How many requests of Linux AIO the machine may have, in all processes together, and how many are spoken for (proc_sys_fs(5)).</summary>
internal static class AioBudget
{
    private const string Limit = "/proc/sys/fs/aio-max-nr";
    private const string Used = "/proc/sys/fs/aio-nr";

    /// <summary>A clause for a report.</summary>
    public static string Describe() => Read(Used) is { } used && Read(Limit) is { } limit
        ? string.Create(CultureInfo.InvariantCulture, $"{used} of the {limit} that fs.aio-max-nr allows are spoken for")
        : "what fs.aio-max-nr allows cannot be read here";

    private static long? Read(string file)
    {
        try
        {
            return long.TryParse(File.ReadAllText(file), NumberStyles.Integer, CultureInfo.InvariantCulture, out long number) ? number : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
