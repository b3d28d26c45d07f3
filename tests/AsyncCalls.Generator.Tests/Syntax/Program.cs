// A program without a method, and its types.
using AsyncCalls;

int count = args.Length;
await Task.Yield();
await using (var stream = new MemoryStream())
{
    await foreach (int number in Numbers())
    {
        count += number;
    }
}

[AsyncCall] static int Local(int value) => value;

async IAsyncEnumerable<int> Numbers()
{
    yield return Local(count);
    await Task.CompletedTask;
}

return count;

public static partial class Twins
{
    [AsyncCall]
    public static int Get([System.Runtime.CompilerServices.CallerMemberName] string? caller = null) => caller?.Length ?? 0;
}

partial class Program
{
    [AsyncCall]
    public static string Main2(string[] args) => string.Join(',', args);
}
