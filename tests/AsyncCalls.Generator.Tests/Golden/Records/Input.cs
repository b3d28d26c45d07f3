namespace Demo;

public sealed partial record Source(AsyncCallRuntime Calls, string Path)
{
    [AsyncCall]
    public string Read() => File.ReadAllText(Path);
}

public readonly partial record struct Target(AsyncCallRuntime Calls, string Path)
{
    [AsyncCall]
    public void Write(string text) => File.WriteAllText(Path, text);
}
