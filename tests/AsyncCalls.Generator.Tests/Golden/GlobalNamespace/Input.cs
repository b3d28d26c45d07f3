internal static partial class Program
{
    [AsyncCall]
    private static int Answer() => 42;
}
