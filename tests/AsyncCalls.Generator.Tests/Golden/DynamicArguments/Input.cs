namespace Demo;

public sealed partial class Scripts(AsyncCallRuntime calls)
{
    [AsyncCall]
    public dynamic? Call(dynamic target, Span<byte> block, in dynamic? other, List<dynamic> more) => target;

    [AsyncCall]
    public static int Count(dynamic? one) => 1;
}
