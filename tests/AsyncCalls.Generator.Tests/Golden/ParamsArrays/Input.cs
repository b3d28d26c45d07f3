namespace Demo;

public static partial class Joined
{
    [AsyncCall]
    public static string Concat(string separator = ",", params string[] parts) => string.Join(separator, parts);

    [AsyncCall]
    public static int Sum(CancellationToken cancellationToken, params List<int> numbers) => numbers.Count;
}
