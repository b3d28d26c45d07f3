namespace Demo.@namespace;

public sealed partial class @class<@int>(AsyncCallRuntime @event)
{
    [AsyncCall]
    public int @return(string @string, @int @object, CancellationToken @else) => 0;
}

#pragma warning disable CS8981
public class @record;

public sealed partial class @required<@scoped, @file>(AsyncCallRuntime calls)
    where @scoped : @record
{
    [AsyncCall]
    public @file? Pick<@extension>(@scoped from, List<@extension?> async, @record[] record, out @file? by)
        where @extension : class
    {
        by = default;
        return default;
    }

    public sealed partial class @await
    {
        [AsyncCall]
        public static @scoped? Static(@required<@scoped, @file>? outer = null) => default;
    }
}
