namespace TreeDigest.Display;

/// <summary>Numbers for people.</summary>
internal static class Units
{
    public static string Size(double bytes)
    {
        string[] units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
        int unit = 0;
        while (bytes >= 1_024 && unit < units.Length - 1)
        {
            bytes /= 1_024;
            unit++;
        }

        return unit == 0 ? $"{bytes:N0} {units[0]}" : $"{bytes:N1} {units[unit]}";
    }
}
