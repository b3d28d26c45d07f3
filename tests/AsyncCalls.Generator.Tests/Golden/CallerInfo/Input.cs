using System.Runtime.CompilerServices;

namespace Demo;

public static partial class Traced
{
    [AsyncCall]
    public static void Trace(string text, [CallerMemberName] string? member = null, [CallerLineNumber] int line = 0, [CallerArgumentExpression(nameof(text))] string? expression = null) { }
}
