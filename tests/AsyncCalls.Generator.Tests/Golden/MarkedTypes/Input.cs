using System.Diagnostics.CodeAnalysis;

namespace Demo;

[Obsolete]
public class Old;

[Obsolete("Use another.", DiagnosticId = "DEMO002")]
public class Older
{
    public struct Inner;
}

[Experimental("DEMO001")]
public class New;

public enum Kind
{
    A,

    [Obsolete("Use A.")]
    B,
}

#pragma warning disable CS0612, CS0618, DEMO001, DEMO002
public partial interface IOld
{
    [AsyncCall]
    void Do(Older.Inner[] inner);
}

public sealed partial class Marked(AsyncCallRuntime calls) : IOld
{
    [AsyncCall]
    public Old Read(List<New> items, Kind kind = Kind.B) => new();

    [AsyncCall]
    public T Make<T>()
        where T : New, new()
        => new();

    [AsyncCall]
    void IOld.Do(Older.Inner[] inner) { }
}
