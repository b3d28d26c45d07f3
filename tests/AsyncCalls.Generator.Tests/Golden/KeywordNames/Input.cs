namespace Demo.@namespace;

public sealed partial class @class<@int>(AsyncCallRuntime @event)
{
    [AsyncCall]
    public int @return(string @string, @int @object, CancellationToken @else) => 0;
}
