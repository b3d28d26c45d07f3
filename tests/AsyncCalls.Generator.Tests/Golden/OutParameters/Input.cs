using System.Diagnostics.CodeAnalysis;

namespace Demo;

public sealed partial class Index(AsyncCallRuntime calls)
{
    [AsyncCall]
    public bool TryFind(string key, [NotNullWhen(true)] out string? value, out int position)
    {
        value = key;
        position = 0;
        return true;
    }

    [AsyncCall]
    public static void Size(string path, out long length) => length = path.Length;

    [AsyncCall]
    public void Split(string text, out string head, out string tail, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        head = text[..1];
        tail = text[1..];
    }

    [AsyncCall]
    public bool TryGet<T>([MaybeNullWhen(false)] out T value, [MaybeNull] out string text)
    {
        value = default;
        text = null;
        return false;
    }

    [AsyncCall]
    public int Names(int state, out int token, out int result, out int Item1, out int _, out int @class, CancellationToken cancellationToken)
    {
        token = result = Item1 = _ = @class = state;
        return state;
    }

    [AsyncCall]
    public (int First, int Second) Pair(out (string Text, int Number) other)
    {
        other = ("", 0);
        return (1, 2);
    }
}

internal static partial class Libc
{
    [AsyncCall, LibraryImport("libc", SetLastError = true)]
    internal static partial int waitpid(int pid, out int status, int options);

    [AsyncCall(Errors = AsyncCallErrors.Exception), DllImport("libc", SetLastError = true)]
    internal static extern int wait4(int pid, out int status, int options, out long usage);

    [AsyncCall, DllImport("other", SetLastError = true)]
    internal static extern void version(out int major);
}
