namespace Demo;

public sealed partial class Unusual(AsyncCallRuntime calls)
{
    [AsyncCall]
    public (int Count, string Name) Tuple((nint First, (long, nuint) Second) pair) => default;

    [AsyncCall]
    public int[][,] Arrays(int[,][] one, (int A, int B)[] two, int?[] three, DayOfWeek? four) => [];

    [AsyncCall]
    public dynamic Late(dynamic value, List<dynamic> values) => value;

    [AsyncCall]
    public ValueTuple<int, int, int, int, int, int, int, ValueTuple<int, int>> Long((int, int, int, int, int, int, int, int, int) nine) => nine;

    [AsyncCall]
    public Environment.SpecialFolder Folder(KeyValuePair<string, Environment.SpecialFolder> pair, Func<int, Action<string>>? action) => pair.Value;
}
