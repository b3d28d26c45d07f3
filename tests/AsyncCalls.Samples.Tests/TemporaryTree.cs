using System.Security.Cryptography;

namespace AsyncCalls.Samples.Tests;

/// <summary>A folder that goes away with the test.</summary>
internal sealed class TemporaryTree : IDisposable
{
    public TemporaryTree() => Root = Directory.CreateTempSubdirectory("asynccalls-samples-").FullName;

    public string Root { get; }

    /// <summary>Writes a file of bytes that differ from file to file and place to place.</summary>
    public void Write(string path, int length)
    {
        string whole = Path.Join(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(whole)!);
        byte[] content = new byte[length];
        new Random(length + path.Length).NextBytes(content);
        File.WriteAllBytes(whole, content);
    }

    /// <summary>A file of zeros that takes no room on the disk and long to read.</summary>
    public void WriteSparse(string path, long length)
    {
        using FileStream file = File.Create(Path.Join(Root, path));
        file.SetLength(length);
    }

    /// <summary>The line that the sample should print for a file whose name needs no escape.</summary>
    public string ExpectedLine(string path)
    {
        string whole = Path.Join(Root, path);
        return $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(whole)))}  {whole}";
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
