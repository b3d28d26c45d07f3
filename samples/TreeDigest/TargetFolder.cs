namespace TreeDigest;

/// <summary>The one argument that has to be there, on the disk too.</summary>
internal static class TargetFolder
{
    public static bool Exists(string folder)
    {
        if (Directory.Exists(folder))
        {
            return true;
        }

        Console.Error.WriteLine(File.Exists(folder)
            ? $"TreeDigest: '{folder}' is a file, not a folder."
            : $"TreeDigest: the folder '{folder}' does not exist.");
        return false;
    }
}
