using System.Diagnostics.CodeAnalysis;

namespace Demo;

public sealed partial class Names(AsyncCallRuntime calls)
{
    [AsyncCall]
    [return: MaybeNull]
    public T Find<T>([DisallowNull] T key, [AllowNull] string name) => name is null ? default : key;

    [AsyncCall]
    [return: NotNullIfNotNull(nameof(name))]
    public string? Trim(string? name) => name?.Trim();

    [AsyncCall]
    public bool TryGet([NotNull] string? key, [NotNullWhen(true)] out string? value)
    {
        value = key ?? throw new ArgumentNullException(nameof(key));
        return true;
    }
}
