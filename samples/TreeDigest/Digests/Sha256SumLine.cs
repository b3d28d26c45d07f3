namespace TreeDigest.Digests;

/// <summary>
/// The line of one file as GNU sha256sum writes and reads it. A name with a backslash, a line feed or a carriage return is escaped,
/// and a backslash at the start of the line says so.
/// </summary>
internal static class Sha256SumLine
{
    public static string Format(ReadOnlySpan<byte> digest, string path)
    {
        string hex = Convert.ToHexStringLower(digest);
        return path.AsSpan().IndexOfAny('\\', '\n', '\r') < 0
            ? $"{hex}  {path}\n"
            : $"\\{hex}  {Escape(path)}\n";
    }

    /// <summary>The same escapes, without the mark: also keeps a message about a file on one line.</summary>
    public static string Escape(string path) => path
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal)
        .Replace("\r", "\\r", StringComparison.Ordinal);
}
