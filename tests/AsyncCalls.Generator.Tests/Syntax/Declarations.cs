// Everything that can be declared, in all kinds of places.
#nullable enable
#pragma warning disable CS0067, CS0169, CS0414, CS0649, CS8321
using Alias = System.Collections.Generic.List<int>;
using static System.Math;
using unsafe Pointer = int*;
using Pair = (int One, string Two);

[assembly: System.Reflection.AssemblyMetadata("key", "value")]
[module: System.CLSCompliant(false)]

namespace Syntax.Outer
{
    namespace Inner
    {
        [Flags]
        public enum Kind : byte
        {
            None = 0,
            [Obsolete] One = 1,
            Both = One | 1 << 1,
        }

        public delegate T Maker<out T, in TFrom>(TFrom from) where T : class?, new();

        public interface IVariant<out TOut, in TIn> where TIn : notnull
        {
            TOut Get(TIn key);

            event EventHandler? Changed;

            string this[int index] { get; init; }

            static abstract int Count { get; }

            static virtual int Zero() => 0;

            [AsyncCall] sealed int Sealed() => 1;

            [AsyncCall] int Twin(Span<byte> block);

            private int Hidden() => 2;
        }
    }

    public readonly partial record struct Point(int X, int Y = 0)
    {
        [AsyncCall] public static int Sum(Point a, in Point b) => a.X + b.Y;
    }

    public abstract partial record Shape([property: Obsolete] string Name, AsyncCallRuntime Calls)
    {
        [AsyncCall] public abstract double Area(double scale = PI);

        [AsyncCall] protected internal virtual string? Title() => Name;

        [AsyncCall] public virtual T? Any<T>(T? value) => value;
    }

    public sealed partial record Circle(AsyncCallRuntime Runtime, double Radius) : Shape("circle", Runtime)
    {
        [AsyncCall] public override double Area(double scale) => PI * Radius * Radius * scale;

        [AsyncCall] protected internal sealed override string? Title() => base.Title();

        [AsyncCall] public override T? Any<T>(T? value) where T : default => value;
    }

    public ref partial struct OnTheStack
    {
        public ref int Value;
        public readonly ref readonly int Get() => ref Value;

        public static int Rest<T>(T value) where T : allows ref struct => 1;

        [AsyncCall] public static int Of(scoped ReadOnlySpan<int> values) => values.Length;
    }

    public unsafe partial struct Layout
    {
        public fixed byte Bytes[16];
        public delegate* unmanaged[Cdecl]<int, void> Callback;
        public delegate*<ref int, in int, out int, ref readonly int> Other;

        [AsyncCall] public static long Size(nint at, nuint count) => at + (long)count;
    }

    public partial class Members<T, U> : Inner.IVariant<string, int>, IEnumerable<T>, IDisposable
        where T : struct, IComparable<T>
        where U : Members<T, U>, new()
    {
        public const int Limit = 5, Other = Limit * 2;
        private static readonly AsyncCallRuntime s_calls = AsyncCallRuntime.Shared;
        private volatile int _state;
        [ThreadStatic] private static int t_local;
        private readonly T?[] _items = new T?[Limit];

        static Members() => t_local = 1;

        public Members() : this(Limit)
        {
        }

        protected Members(int state) : base() => _state = state;

        ~Members() => _state = -1;

        public event EventHandler? Changed;

        public event Action<T> Custom
        {
            add { _state++; }
            remove { _state--; }
        }

        public required int Needed { get; init; }

        public int Guarded
        {
            get;
            private set => field = value < 0 ? 0 : value;
        }

        public string this[int index]
        {
            get => index.ToString();
            init => _state = index;
        }

        public static int Count => 0;

        public static Members<T, U> operator +(Members<T, U> left, Members<T, U> right) => left;

        public static Members<T, U> operator checked -(Members<T, U> value) => value;

        public static Members<T, U> operator -(Members<T, U> value) => value;

        public void operator +=(int more) => _state += more;

        public static bool operator true(Members<T, U> value) => true;

        public static bool operator false(Members<T, U> value) => false;

        public static explicit operator int(Members<T, U> value) => value._state;

        public static implicit operator string(Members<T, U>? value) => "";

        string Inner.IVariant<string, int>.Get(int key) => key.ToString();

        int Inner.IVariant<string, int>.Twin(Span<byte> block) => block.Length;

        IEnumerator<T> IEnumerable<T>.GetEnumerator()
        {
            yield return default;
            yield break;
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => ((IEnumerable<T>)this).GetEnumerator();

        public void Dispose() => Changed?.Invoke(this, EventArgs.Empty);

        [AsyncCall] public int Optional(int one = Limit, string two = "\t", T three = default, Inner.Kind four = Inner.Kind.Both, double five = 1e-3, char six = '\'', U? seven = null) => one;

        [AsyncCall] public (int Sum, T? Item) Outs(in int value, out T item, out string? text, params IEnumerable<int> more)
        {
            item = default;
            text = null;
            return (value, item);
        }

        [AsyncCall] private protected V[]? Generic<V, W>(V first, W second, params V[] rest) where V : class where W : unmanaged, Enum => rest;

        [AsyncCall] public static nint Pointers(Span<T> values, ReadOnlySpan<char> text, ref readonly int by) => values.Length;

        [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(@class))]
        [AsyncCall] public string? @event([System.Diagnostics.CodeAnalysis.AllowNull] string @class, int @params) => @class;

        public partial int Half(int value);

        [AsyncCall] public partial int Half(int value) => value;

        public partial int Property { get; }

        public partial int Property => 1;

        public partial class Nested<V>
        {
            [AsyncCall] public static V? Deep(V? value, T other) => value;
        }
    }

    public static partial class Extensions
    {
        [AsyncCall] public static int Old(this string text, int more = 1) => text.Length + more;

        extension<T>(List<T> list) where T : class
        {
            public int Twice => list.Count * 2;

            public int Add2(T one) => list.Count;

            public static List<T> operator +(List<T> left, T right) => left;
        }

        extension(string)
        {
            public static string Nothing() => "";
        }
    }

    internal static unsafe partial class Native
    {
        [AsyncCall, DllImport("libc", SetLastError = true)] public static extern int getpid();

        [AsyncCall, DllImport("libc", SetLastError = true)] public static extern nint read(SafeFileHandle fd, byte[] buffer, nuint count);

        [DllImport("libc", EntryPoint = "printf")] public static extern int Print(string format, __arglist);

        [AsyncCall] public static void Nothing(Pair pair, Alias list) => _ = pair.One + list.Count;

        [AsyncCall] public static int AtPointer(Pointer at) => *at;
    }

    file static class OnlyHere
    {
        public static int Value() => 1;
    }

    internal partial class Empty;
}
