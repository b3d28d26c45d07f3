namespace Demo;

public sealed partial class Wide(AsyncCallRuntime calls)
{
    [AsyncCall]
    public int Sum(int a, int b, int c, int d, int e, int f, int g, int h, int i, ReadOnlySpan<int> j) => a + b + c + d + e + f + g + h + i + j.Length;
}
