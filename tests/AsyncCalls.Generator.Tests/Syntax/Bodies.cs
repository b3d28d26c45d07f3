// Every statement and expression, in bodies of annotated methods.
#define SOME
#undef OTHER
#if SOME && !(OTHER || false) == true
#region Here
#endregion
#elif OTHER
#error Not reached
#else
#warning Not reached
#endif
#nullable enable annotations
#line 200 "Bodies.cs"
#line default
#line hidden
#line (1, 1) - (5, 60) 10 "Other.cs"
#line default
#pragma warning disable
#pragma checksum "Other.cs" "{406EA660-64CF-4C82-B6F0-42D48172A799}" "ab007f1d23d9"
namespace Syntax.Bodies;

using System.Linq;

public partial class Bodies(AsyncCallRuntime calls)
{
    private int _value;

    /// <summary>Reads <paramref name="file"/> as <see cref="Read(SafeFileHandle, Span{byte}, long)"/> does, <see cref="M:Any"/> and <see cref="Bodies.this[int]"/>.</summary>
    /// <typeparam name="T">Is not <see langword="null"/> &amp; <![CDATA[ <anything> ]]> <!-- of a comment --> <?of an instruction?></typeparam>
    /// <exception cref="IOException" xml:space="preserve">So it may.</exception>
    /// <seealso cref="operator +(Bodies, int)"/><seealso cref="checked"/><seealso cref="implicit operator int(Bodies)"/><seealso cref="int"/><seealso cref="Syntax.Outer.Extensions.extension(string).Nothing()"/>
    [AsyncCall] public int Read<T>(SafeFileHandle file, Span<byte> block, long offset) => RandomAccess.Read(file, block, offset);

    /** <summary>Of the other kind.</summary> */
    [AsyncCall] public int Read(SafeFileHandle file, Span<byte> block, long offset) { return RandomAccess.Read(file, block, offset); }

    public int this[int index] => index;

    public static Bodies operator +(Bodies left, int right) => left;

    public static implicit operator int(Bodies value) => value._value;

    [AsyncCall] public int Statements(int count, object? thing, CancellationToken token)
    {
        int i = 0, j = 1;
        const int Step = 2;
        ;
        {
            i += Step;
        }

        if (i > 0)
        {
            j--;
        }
        else if (i < 0)
            j++;
        else
        {
            --j;
        }

        for (int k = 0, l = 1; k < l; k++, l--)
        {
            continue;
        }

        foreach (var item in new[] { 1, 2 })
        {
            break;
        }

        foreach ((int a, var (b, c)) in new List<(int, (int, int))> { (1, (2, 3)) })
        {
            _ = a + b + c;
        }

        while (i > 0) i--;
        do { i++; } while (i < 3);
        switch (i)
        {
            case 1:
            case > 5 and <= 10 or -3 when j > 0:
                goto case 1 + 1;
            case 2:
                goto default;
            case int n and not 7:
                goto end;
            default:
                break;
        }

        string text = i switch
        {
            0 => "zero",
            < 0 => throw new ArgumentException(nameof(i)),
            var other when other % 2 == 0 => $"even {other,5:X4} {{}}",
            _ => @"odd ""one""",
        };
        bool match = thing is string { Length: > 0 and var length } s and not ("a" or "b")
            || thing is (int, string) and { } tuple
            || thing is int[] and [1, .., var last]
            || thing is List<int> and [_, .. { Count: 1 } or []]
            || thing is null or DayOfWeek.Monday or (not null) or DateTime { Date.Year: 1 };
        lock (this)
        {
            checked { i = unchecked(i + j); }
            unchecked { i = checked(i * 1); }
        }

        using (var stream = new MemoryStream())
        using (stream)
        {
        }

        try
        {
            throw new IOException();
        }
        catch (IOException error) when (error.HResult != 0)
        {
            throw;
        }
        catch (Exception)
        {
        }
        catch
        {
        }
        finally
        {
            i = 0;
        }

        int Local<T>(T value) where T : struct
        {
            return 1;
        }

        static async Task<int> LocalAsync(int value = 3)
        {
            await Task.Yield();
            await foreach (int x in Numbers())
            {
                await using var y = new MemoryStream();
            }

            return await Task.FromResult(value);
        }

        static void Use()
        {
            using var later = new MemoryStream();
        }

        static async IAsyncEnumerable<int> Numbers()
        {
            await Task.Yield();
            yield return 1;
        }

        Local(LocalAsync().Id);
        Use();
    end:
        return i;
    }

    [AsyncCall] public object? Expressions(int[] items, string? text, dynamic any, Bodies? other, CancellationToken token)
    {
        int i = items[0] + items[^1] - items.Length * 2 / 3 % 4;
        i = i << 1 >> 2 >>> 3 & 4 | 5 ^ ~6;
        i += 1; i -= 1; i *= 1; i /= 1; i %= 7; i &= 1; i |= 1; i ^= 1; i <<= 1; i >>= 1; i >>>= 1;
        text ??= "none";
        bool b = !(i == 1) && i != 2 || i < 3 & i > 4 | i <= 5 ^ i >= 6;
        object? o = text as object ?? (object)i;
        bool isText = o is string;
        Type type = typeof(List<>);
        int size = sizeof(long) + default(int);
        size = default;
        var anonymous = new { Name = "a", items.Length };
        int[,] grid = { { 1, 2 }, { 3, 4 } };
        int[][] jagged = [[1], [2, .. items], []];
        Dictionary<string, int> map = new() { ["a"] = 1, ["b"] = 2 };
        List<int> list = new(4) { 1, 2 };
        var pairs = new Dictionary<int, string> { { 1, "a" }, { 2, "b" } };
        scoped Span<int> near = items;
        var (kept, _) = (1, 2);
        var span = items.AsSpan()[1..^1];
        Span<int> stack = stackalloc int[3];
        Span<int> stack2 = stackalloc[] { 1, 2 };
        Func<int, int> twice = x => x * 2;
        Func<int, int, int> add = static (int x, int y = 1) => { return x + y; };
        Func<int, Task<int>> later = async x => await Task.FromResult(x);
        Action<int> old = delegate (int x) { _ = x; };
        Action nothing = delegate { };
        var parse = bool (ReadOnlySpan<char> value, out int result) => int.TryParse(value, out result);
        (int one, string two) = (1, "2");
        (one, var three) = (2, 3);
        var swapped = (i, one) = (one, i);
        ref int first = ref items[0];
        first = ref b ? ref items[0] : ref items[1];
        ref readonly int read = ref first;
        string conditional = b ? $"{i:N0}" : $$"""raw {{i}}""";
        string raw = """
            lines "of" text
            """;
        ReadOnlySpan<byte> bytes = "utf8"u8;
        ReadOnlySpan<byte> rawBytes = """utf8"""u8;
        double numbers = 1_000.5e3 + 0x_ff + 0b101 + 1f + (double)2m + 'c' + '\u0041' + "\x41"[0];
        int? maybe = other?._value ?? other?[1] ?? null;
        other?._value = 3;
        any.Call(1, name: "x");
        string? length = other?.ToString()?.Trim()![..1];
        var query =
            from x in items
            let y = x + 1
            where y > 1
            join z in items on x equals z
            join w in items on x equals w into group1
            orderby x ascending, y descending
            group y by x into g
            select g.Key;
        var copy = new Copy(1) with { Value = 2 };
        nint native = nint.MaxValue;
        string name = nameof(Bodies.Expressions);
        global::System.Console.Write(i++ + ++i - i-- - --i + +i + -i);
        _ = token.CanBeCanceled is true ? this : throw null!;
        return base.ToString();
    }

    [AsyncCall] public static unsafe long Unsafe(long[] items)
    {
        fixed (long* start = items)
        {
            long* next = start + 1;
            *next = start[0];
            long** both = &next;
            delegate*<int, int> abs = &Absolute;
            Copy local = new(1);
            Copy* at = &local;
            TypedReference reference = __makeref(items);
            _ = __reftype(reference);
            return at->Value + abs(3) + __refvalue(reference, long[]).Length + sizeof(Copy);
        }

        unsafe
        {
            return 1;
        }

        static int Absolute(int value) => Math.Abs(value);
    }

    public static int Variable(__arglist) => new ArgIterator(__arglist).GetRemainingCount();

    public static int Call() => Variable(__arglist(1, "2"));

    public record struct Copy(int Value);
}
