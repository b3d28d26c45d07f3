using Microsoft.Win32.SafeHandles;

namespace EpollLoop;

/// <summary>The folder that is served, and nothing outside of it.</summary>
internal sealed class ServedFolder
{
    private readonly string _root;

    /// <summary>Makes the folder the working directory: what the kernel then calls it has no symbolic links.</summary>
    public ServedFolder(string path)
    {
        Directory.SetCurrentDirectory(path);
        _root = Directory.GetCurrentDirectory();
    }

    /// <summary>The path of a file for a line that a client sent; null if it names nothing inside the folder.</summary>
    public string? Find(string line)
    {
        if (line.Length == 0 || line.Contains('\0') || Path.IsPathRooted(line))
        {
            return null;
        }

        string path = Path.GetFullPath(line, _root);
        return IsInside(path) ? path : null;
    }

    /// <summary>Whether an open file lies inside the folder: a symbolic link may have led out of it.</summary>
    public bool Contains(SafeFileHandle file)
        => IsInside(new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").LinkTarget ?? "");

    private bool IsInside(string path)
        => _root == "/" || (path.StartsWith(_root, StringComparison.Ordinal) && path.Length > _root.Length && path[_root.Length] == '/');
}
