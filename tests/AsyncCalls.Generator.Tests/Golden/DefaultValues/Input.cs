using System.Runtime.CompilerServices;

namespace Demo;

[Flags]
public enum Options : byte { None = 0, A = 1, B = 2 }

public static partial class Defaults
{
    [AsyncCall]
    public static void Numbers(
        sbyte a = -1, byte b = 255, short c = short.MinValue, ushort d = 1, int e = int.MinValue, uint f = uint.MaxValue,
        long g = long.MinValue, ulong h = ulong.MaxValue, nint i = -1, nuint j = 5, decimal k = 1.50m) { }

    [AsyncCall]
    public static void Floats(
        float a = float.NaN, float b = 0.1f, double c = double.NegativeInfinity, double d = double.Epsilon, double e = -0.0, float f = float.PositiveInfinity) { }

    [AsyncCall]
    public static void Texts(string a = "\"quoted\"\n\0\ud83d", string? b = null, string c = null!, char d = '\'', char e = '\u0001', bool f = true) { }

    [AsyncCall]
    public static void Enums(
        Options a = Options.B, Options b = Options.A | Options.B, Options c = (Options)64, Options? d = Options.None, DayOfWeek e = (DayOfWeek)(-1)) { }

    [AsyncCall]
    public static void Structs(
        Guid a = default, int? b = null, int? c = 3, Span<byte> d = default, DateTime e = new(), CancellationToken f = default, object? g = default) { }

    [AsyncCall]
    public static void Attributes(
        int a, [Optional, DefaultParameterValue(5)] object b, [Optional] int c, [Optional, DateTimeConstant(1)] DateTime d,
        [Optional, DecimalConstant(1, 0, 0u, 0u, 15u)] decimal e, [Optional, DefaultParameterValue((byte)3)] byte f, int g = 2) { }
}
