namespace Demo;

public sealed partial class Clashes(AsyncCallRuntime calls)
{
    [AsyncCall]
    public int Taken(int cancellationToken, int self, int state, int token, int Item2, int Rest, int _, int argument) => 0;

    [AsyncCall]
    public static int Only(int token, CancellationToken cancellationToken) => token;

    [AsyncCall]
    public static int Discard(int _) => _;

    [AsyncCall]
    public static int runtime(int runtime, int cancellationToken) => runtime;
}
