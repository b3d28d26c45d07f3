namespace Demo;

public sealed partial class Annotated(AsyncCallRuntime calls)
{
    [AsyncCall]
    public Dictionary<string, string?[]?>? Find(string? name, (string? First, List<object?> Second) pair, string[]?[] all) => null;
#nullable disable
    [AsyncCall]
    public string Oblivious(string name = null, string[] names = null) => name;
#nullable restore
}
