namespace Demo;

public static partial class Files
{
    private const FileOptions Direct = FileOptions.WriteThrough | FileOptions.RandomAccess;

    [AsyncCall]
    public static SafeFileHandle Open(string path) => File.OpenHandle(path);

    [AsyncCall]
    public static SafeFileHandle Create(string path, FileAccess access = FileAccess.ReadWrite)
    {
        return File.OpenHandle(path, FileMode.CreateNew, access, FileShare.Read | FileShare.Delete, Direct, preallocationSize: 4096);
    }
}
