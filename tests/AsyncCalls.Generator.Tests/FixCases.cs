namespace AsyncCalls.Generator.Tests;

/// <summary>Sources before and after their fixes; where both are the same, no fix is offered.</summary>
internal static class FixCases
{
    public static readonly (string Id, string Name, string Before, string After)[] OfDeclarations =
    [
        ("AC0001", "type", "public class C { [AsyncCall] public static int {|AC0001:M|}() => 1; }", "public partial class C { [AsyncCall] public static int M() => 1; }"),
        ("AC0001", "nested types and two methods", """
            // Of the outer one.
            class Outer
            {
                // Of the inner one.
                public struct Inner
                {
                    [AsyncCall] public static int {|AC0001:{|AC0001:M|}|}() => 1;
                    [AsyncCall] public static int {|AC0001:{|AC0001:N|}|}() => 1;
                }
            }

            class Other { [AsyncCall] public static int {|AC0001:M|}() => 1; }
            """, """
            // Of the outer one.
            partial class Outer
            {
                // Of the inner one.
                public partial struct Inner
                {
                    [AsyncCall] public static int M() => 1;
                    [AsyncCall] public static int N() => 1;
                }
            }

            partial class Other { [AsyncCall] public static int M() => 1; }
            """),

        ("AC0002", "ref of a body", "public partial class C { [AsyncCall] public static int M(ref int {|AC0002:n|}) => n++ + n; }",
            "public partial class C { [AsyncCall] public static int M(Span<int> n) => n[0]++ + n[0]; }"),
        ("AC0002", "ref of imports", """
            public static partial class C
            {
                [AsyncCall, LibraryImport("x", SetLastError = true)] public static partial int M(ref int {|AC0002:n|}, int m);
                [AsyncCall, DllImport("x", SetLastError = true)] public static extern int N(ref int {|AC0002:n|}, int m);
            }
            """, """
            public static partial class C
            {
                [AsyncCall, LibraryImport("x", SetLastError = true)] public static partial int M(Span<int> n, int m);
                [AsyncCall, DllImport("x", SetLastError = true)] public static extern int N(int[] n, int m);
            }
            """),

        ("AC0003", "pointers of imports", """
            public static unsafe partial class C
            {
                [AsyncCall, LibraryImport("x", SetLastError = true)] public static partial int M({|AC0003:byte*|} p, {|AC0003:void*|} q);
                [AsyncCall, DllImport("x", SetLastError = true)] public static extern int N({|AC0003:int*|} p);
            }
            """, """
            public static unsafe partial class C
            {
                [AsyncCall, LibraryImport("x", SetLastError = true)] public static partial int M(Span<byte> p, Span<byte> q);
                [AsyncCall, DllImport("x", SetLastError = true)] public static extern int N(int[] p);
            }
            """),
        ("AC0003", "pointer of a body", "public partial class C { [AsyncCall] public static unsafe int M({|AC0003:int*|} p) => *p + p[1]; }",
            "public partial class C { [AsyncCall] public static unsafe int M(Span<int> p) => p[0] + p[1]; }"),
        ("AC0002", "implementation", "public interface I { int M(ref int n); } public partial class C(AsyncCallRuntime calls) : I { [AsyncCall] public int M(ref int {|AC0002:n|}) => n; }",
            "public interface I { int M(ref int n); } public partial class C(AsyncCallRuntime calls) : I { [AsyncCall] public int M(ref int {|AC0002:n|}) => n; }"),
        ("AC0002", "in a nameof", "public partial class C { [AsyncCall] public static string M(ref int {|AC0002:n|}) => nameof(n) + n; }",
            "public partial class C { [AsyncCall] public static string M(Span<int> n) => nameof(n) + n[0]; }"),
        ("AC0002", "keyword, and a value that only loses its modifier", "public partial class C { [AsyncCall] public static int M(ref int {|AC0002:@class|}) => @class; [AsyncCall] public static int N(ref readonly int {|AC0002:@class|}) => @class; }",
            "public partial class C { [AsyncCall] public static int M(Span<int> @class) => @class[0]; [AsyncCall] public static int N(int @class) => @class; }"),
        ("AC0002", "reference to a span", "public partial class C { [AsyncCall] public static int M(ref Span<int> {|AC0002:n|}) => n.Length; }",
            "public partial class C { [AsyncCall] public static int M(ref Span<int> {|AC0002:n|}) => n.Length; }"),
        ("AC0002", "reference that is passed", "public partial class C { [AsyncCall] public static int M(ref int {|AC0002:n|}) => n; public static int N(int n) => M(ref n); }",
            "public partial class C { [AsyncCall] public static int M(ref int {|AC0002:n|}) => n; public static int N(int n) => M(ref n); }"),
        ("AC0002", "value that is passed by reference", "public partial class C { [AsyncCall] public static int M(ref readonly int {|AC0002:n|}) => n; public static int N(int n) => M(in n); }",
            "public partial class C { [AsyncCall] public static int M(ref readonly int {|AC0002:n|}) => n; public static int N(int n) => M(in n); }"),
        ("AC0002", "implementation in a derived type", "public interface I { int M(ref int n); } public partial class C(AsyncCallRuntime calls) { [AsyncCall] public int M(ref int {|AC0002:n|}) => n; } public class D(AsyncCallRuntime calls) : C(calls), I;",
            "public interface I { int M(ref int n); } public partial class C(AsyncCallRuntime calls) { [AsyncCall] public int M(ref int {|AC0002:n|}) => n; } public class D(AsyncCallRuntime calls) : C(calls), I;"),
        ("AC0003", "pointer that is passed", "public unsafe partial class C { [AsyncCall] public static int M({|AC0003:int*|} p) => *p; public static int N(int n) => M(&n); }",
            "public unsafe partial class C { [AsyncCall] public static int M({|AC0003:int*|} p) => *p; public static int N(int n) => M(&n); }"),
        ("AC0003", "pointer that is computed with", "public partial class C { [AsyncCall] public static unsafe int M({|AC0003:int*|} p) => *(p + 1); }",
            "public partial class C { [AsyncCall] public static unsafe int M({|AC0003:int*|} p) => *(p + 1); }"),

        ("AC0005", "member", """
            public partial class C
            {
                [AsyncCall] public static int {|AC0005:M|}() => 1;
                public static Task<int> MAsync(CancellationToken token) => Task.Run(() => M(), token);
            }
            public class D { public int Use() => C.M(); }
            """, """
            public partial class C
            {
                [AsyncCall] public static int M2() => 1;
                public static Task<int> MAsync(CancellationToken token) => Task.Run(() => M2(), token);
            }
            public class D { public int Use() => C.M2(); }
            """),
        ("AC0005", "two twins", """
            public partial class C
            {
                [AsyncCall] public static int {|AC0005:M|}(Span<byte> b) => 1;
                [AsyncCall] public static int {|AC0005:M|}(Memory<byte> b) => 1;
            }
            """, """
            public partial class C
            {
                [AsyncCall] public static int M2(Span<byte> b) => 1;
                [AsyncCall] public static int M(Memory<byte> b) => 1;
            }
            """),
        ("AC0005", "imports", """
            public static partial class C
            {
                [AsyncCall, LibraryImport("libc", SetLastError = true)] public static partial int {|AC0005:fsync|}(SafeFileHandle fd);
                [AsyncCall, DllImport("libc", SetLastError = true)] public static extern int {|AC0005:fdatasync|}(SafeFileHandle fd);
                [AsyncCall, DllImport("libc", SetLastError = true, EntryPoint = "fsync")] public static extern int {|AC0005:flush|}(SafeFileHandle fd);
                public static void fsyncAsync(SafeFileHandle fd, CancellationToken token) => fsync(fd);
                public static int fdatasyncAsync => 1;
                public static int flushAsync => 1;
            }
            """, """
            public static partial class C
            {
                [AsyncCall, LibraryImport("libc", SetLastError = true, EntryPoint = "fsync")] public static partial int fsync2(SafeFileHandle fd);
                [AsyncCall, DllImport("libc", SetLastError = true, EntryPoint = "fdatasync")] public static extern int fdatasync2(SafeFileHandle fd);
                [AsyncCall, DllImport("libc", SetLastError = true, EntryPoint = "fsync")] public static extern int flush2(SafeFileHandle fd);
                public static void fsyncAsync(SafeFileHandle fd, CancellationToken token) => fsync2(fd);
                public static int fdatasyncAsync => 1;
                public static int flushAsync => 1;
            }
            """),

        ("AC0006", "task", """
            public partial class C
            {
                [AsyncCall] public static Task {|AC0006:M|}() => Task.CompletedTask;
                [AsyncCall, Obsolete] public static Task {|AC0006:N|}() => Task.CompletedTask;

                /// <summary>Of a method.</summary>
                [AsyncCall]
                public static Task {|AC0006:O|}() => Task.CompletedTask;
            }
            """, """
            public partial class C
            {
                public static Task M() => Task.CompletedTask;
                [Obsolete] public static Task N() => Task.CompletedTask;

                /// <summary>Of a method.</summary>
                public static Task O() => Task.CompletedTask;
            }
            """),

        ("AC0007", "parameter", "public partial class C(AsyncCallRuntime calls) { [AsyncCall] public int M(int {|AC0007:calls|}) => calls; public int Use() => M(calls: 1); }",
            "public partial class C(AsyncCallRuntime calls) { [AsyncCall] public int M(int calls2) => calls2; public int Use() => M(calls2: 1); }"),

        ("AC0009", "no constructor, two methods", """
            public partial class C
            {
                [AsyncCall] public int {|AC0009:M|}() => 1;
                [AsyncCall] public int {|AC0009:N|}() => 1;
            }
            """, """
            public partial class C(AsyncCallRuntime calls)
            {
                [AsyncCall] public int M() => 1;
                [AsyncCall] public int N() => 1;
            }
            """),
        ("AC0009", "primary constructor", "public partial class C<T>(int calls) { [AsyncCall] public int {|AC0009:M|}() => calls; }",
            "public partial class C<T>(int calls, AsyncCallRuntime calls2) { [AsyncCall] public int M() => calls; }"),
        ("AC0009", "one constructor", """
            public partial class C
            {
                public C(int n)
                {
                    N = n;
                }

                public int N { get; }

                [AsyncCall] public int {|AC0009:M|}() => N;
            }
            """, """
            public partial class C
            {
                private readonly AsyncCallRuntime _calls;

                public C(int n, AsyncCallRuntime calls)
                {
                    _calls = calls;
                    N = n;
                }

                public int N { get; }

                [AsyncCall] public int M() => N;
            }
            """),
        ("AC0009", "two constructors", """
            public partial class C
            {
                public C()
                {
                }

                public C(int n) => N = n;

                public int N { get; }

                [AsyncCall] public int {|AC0009:M|}() => N;
            }
            """, """
            public partial class C
            {
                private readonly AsyncCallRuntime _calls = AsyncCallRuntime.Shared;

                public C()
                {
                }

                public C(int n) => N = n;

                public int N { get; }

                [AsyncCall] public int M() => N;
            }
            """),

        ("AC0009", "parts of a type", """
            public static class Before;

            public partial class C
            {
                public int Plain() => 1;
            }

            public partial class C
            {
                [AsyncCall] public int {|AC0009:M|}() => 1;
            }

            public partial class C
            {
                [AsyncCall] public int {|AC0009:N|}() => 1;
            }
            """, """
            public static class Before;

            public partial class C
            {
                public int Plain() => 1;
            }

            public partial class C(AsyncCallRuntime calls)
            {
                [AsyncCall] public int M() => 1;
            }

            public partial class C
            {
                [AsyncCall] public int N() => 1;
            }
            """),
        ("AC0009", "part with the constructor", """
            public partial class C
            {
                [AsyncCall] public int {|AC0009:M|}() => 1;
            }

            public partial class C(int n)
            {
                public int N => n;
            }
            """, """
            public partial class C
            {
                [AsyncCall] public int M() => 1;
            }

            public partial class C(int n, AsyncCallRuntime calls)
            {
                public int N => n;
            }
            """),
        ("AC0009", "instances that are made", """
            public partial class C
            {
                [AsyncCall] public int {|AC0009:M|}() => 1;
            }

            public partial class D(int n)
            {
                [AsyncCall] public int {|AC0009:M|}() => n;
            }

            public partial class E
            {
                [AsyncCall] public int {|AC0009:M|}() => 1;
            }

            public partial struct F
            {
                [AsyncCall] public readonly int {|AC0009:M|}() => 1;
            }

            public class Derived : E;

            public class User
            {
                public C C { get; } = new C();

                public D D { get; } = new(1);

                public F F { get; } = new();
            }
            """, """
            public partial class C
            {
                private readonly AsyncCallRuntime _calls = AsyncCallRuntime.Shared;

                [AsyncCall] public int M() => 1;
            }

            public partial class D(int n)
            {
                private readonly AsyncCallRuntime _calls = AsyncCallRuntime.Shared;

                [AsyncCall] public int M() => n;
            }

            public partial class E
            {
                private readonly AsyncCallRuntime _calls = AsyncCallRuntime.Shared;

                [AsyncCall] public int M() => 1;
            }

            public partial struct F
            {
                private static AsyncCallRuntime Calls => AsyncCallRuntime.Shared;

                [AsyncCall] public readonly int M() => 1;
            }

            public class Derived : E;

            public class User
            {
                public C C { get; } = new C();

                public D D { get; } = new(1);

                public F F { get; } = new();
            }
            """),
        ("AC0009", "parameters that may be left out", "public partial class C(int n, int m = 1) { [AsyncCall] public int {|AC0009:M|}() => n + m; } public partial class D(params int[] n) { [AsyncCall] public int {|AC0009:M|}() => n.Length; }",
            "public partial class C(int n, AsyncCallRuntime calls, int m = 1) { [AsyncCall] public int M() => n + m; } public partial class D(AsyncCallRuntime calls, params int[] n) { [AsyncCall] public int M() => n.Length; }"),
        ("AC0009", "instances that others make, and bytes that are counted", """
            public partial class C
            {
                [AsyncCall] public int {|AC0009:M|}() => 1;

                public static T Make<T>() where T : new() => new();

                public static C New() => Make<C>();
            }

            [StructLayout(LayoutKind.Explicit)]
            public partial struct D
            {
                [FieldOffset(0)] private readonly int _n;

                public D(int n) => _n = n;

                [AsyncCall] public readonly int {|AC0009:M|}() => _n;
            }
            """, """
            public partial class C
            {
                private readonly AsyncCallRuntime _calls = AsyncCallRuntime.Shared;

                [AsyncCall] public int M() => 1;

                public static T Make<T>() where T : new() => new();

                public static C New() => Make<C>();
            }

            [StructLayout(LayoutKind.Explicit)]
            public partial struct D
            {
                private static AsyncCallRuntime Calls => AsyncCallRuntime.Shared;

                [FieldOffset(0)] private readonly int _n;

                public D(int n) => _n = n;

                [AsyncCall] public readonly int M() => _n;
            }
            """),
        ("AC0009", "name that is mentioned", "public partial class C<T> { [AsyncCall] public int {|AC0009:M|}() => 1; public static List<C<T>> All { get; } = new List<C<T>>(); }",
            "public partial class C<T>(AsyncCallRuntime calls) { [AsyncCall] public int M() => 1; public static List<C<T>> All { get; } = new List<C<T>>(); }"),

        ("AC0010", "bodies that change the struct", """
            public partial struct C(AsyncCallRuntime calls)
            {
                private int _n;

                [AsyncCall] public int {|AC0010:M|}() => _n++;

                [AsyncCall] public int {|AC0010:N|}() => Next();

                private int Next() => _n++;
            }
            """, """
            public partial struct C(AsyncCallRuntime calls)
            {
                private int _n;

                [AsyncCall] public int {|AC0010:M|}() => _n++;

                [AsyncCall] public int {|AC0010:N|}() => Next();

                private int Next() => _n++;
            }
            """),
        ("AC0010", "struct", "public partial struct C(AsyncCallRuntime calls) { [AsyncCall] public int {|AC0010:M|}() => 1; [AsyncCall] public int {|AC0010:N|}() => 1; }",
            "public partial struct C(AsyncCallRuntime calls) { [AsyncCall] public readonly int M() => 1; [AsyncCall] public readonly int N() => 1; }"),

        ("AC0011", "imports", """
            public static partial class C
            {
                [AsyncCall, LibraryImport("x")] public static partial int {|AC0011:M|}();
                [AsyncCall, DllImport("x", SetLastError = false)] public static extern int {|AC0011:N|}();
            }
            """, """
            public static partial class C
            {
                [AsyncCall, LibraryImport("x", SetLastError = true)] public static partial int M();
                [AsyncCall, DllImport("x", SetLastError = true)] public static extern int N();
            }
            """),

        ("AC0012", "imports", """
            public static partial class C
            {
                [AsyncCall, LibraryImport("libc", SetLastError = true)] public static partial int fsync({|AC0012:int|} fd);
                [AsyncCall, LibraryImport("libc", SetLastError = true)] public static partial int flock({|AC0012:int|} fd, int operation);
            }
            """, """
            public static partial class C
            {
                [AsyncCall, LibraryImport("libc", SetLastError = true)] public static partial int fsync(SafeFileHandle fd);
                [AsyncCall, LibraryImport("libc", SetLastError = true)] public static partial int flock(SafeFileHandle fd, int operation);
            }
            """),

        ("AC0015", "local function and operator", """
            public partial class C
            {
                public static int M() { [{|AC0015:AsyncCall|}] static int Local() => 1; return Local(); }
                [{|AC0015:AsyncCall|}] public static C operator +(C a, C b) => a;
            }
            """, """
            public partial class C
            {
                public static int M() { static int Local() => 1; return Local(); }
                public static C operator +(C a, C b) => a;
            }
            """),

        ("AC0012", "number that is passed", "public static partial class C { [AsyncCall, DllImport(\"libc\", SetLastError = true)] public static extern int fsync({|AC0012:int|} fd); public static int N() => fsync(1); }",
            "public static partial class C { [AsyncCall, DllImport(\"libc\", SetLastError = true)] public static extern int fsync({|AC0012:int|} fd); public static int N() => fsync(1); }"),
        ("AC0016", "scoped", "public partial class C { [AsyncCall] public static int M(params scoped {|AC0016:ReadOnlySpan<int>|} n) => n.Length; public static int N() => M(1, 2) + M([3]); }",
            "public partial class C { [AsyncCall] public static int M(params int[] n) => n.Length; public static int N() => M(1, 2) + M([3]); }"),
        ("AC0016", "part of a span", "public partial class C { [AsyncCall] public static int M(params {|AC0016:ReadOnlySpan<int>|} n) => n.Slice(1).Length; }",
            "public partial class C { [AsyncCall] public static int M(params {|AC0016:ReadOnlySpan<int>|} n) => n.Slice(1).Length; }"),
        ("AC0016", "span that is passed", "public partial class C { [AsyncCall] public static int M(params {|AC0016:ReadOnlySpan<int>|} n) => n.Length; public static int N(ReadOnlySpan<int> n) => M(n); }",
            "public partial class C { [AsyncCall] public static int M(params {|AC0016:ReadOnlySpan<int>|} n) => n.Length; public static int N(ReadOnlySpan<int> n) => M(n); }"),
        ("AC0016", "params", "public partial class C { [AsyncCall] public static int M(params {|AC0016:ReadOnlySpan<int>|} n) => n.Length; [AsyncCall] public static int N(params {|AC0016:Span<int>|} n) => n.Length; }",
            "public partial class C { [AsyncCall] public static int M(params int[] n) => n.Length; [AsyncCall] public static int N(params int[] n) => n.Length; }"),

        ("AC0030", "handle of a stream", """
            public static partial class C
            {
                [AsyncCall(Multishot = true), LibraryImport("libc", SetLastError = true)] public static partial nint read({|AC0030:int|} fd, Span<byte> buffer, nuint length);
            }
            """, """
            public static partial class C
            {
                [AsyncCall(Multishot = true), LibraryImport("libc", SetLastError = true)] public static partial nint read(SafeFileHandle fd, Span<byte> buffer, nuint length);
            }
            """),
        ("AC0030", "flags of a stream", "public static partial class C { [AsyncCall(Multishot = true), DllImport(\"libc\", SetLastError = true)] public static extern nint recv(SafeHandle fd, byte[] buffer, nuint length, {|AC0030:long|} flags); }",
            "public static partial class C { [AsyncCall(Multishot = true), DllImport(\"libc\", SetLastError = true)] public static extern nint recv(SafeHandle fd, byte[] buffer, nuint length, {|AC0030:long|} flags); }"),

        ("AC0017", "bodies", """
            public partial class C
            {
                [AsyncCall] public static int {|AC0017:M|}() => 1;

                [AsyncCall]
                public static int {|AC0017:N|}(int[] items)
                {
                    int sum = 0;
                    foreach (int item in items)
                    {
                        while (sum < item)
                        {
                            sum++;
                        }
                    }

                    return sum;
                }
            }
            """, """
            public partial class C
            {
                [AsyncCall] public static int M(CancellationToken cancellationToken = default) => 1;

                [AsyncCall]
                public static int N(int[] items, CancellationToken cancellationToken = default)
                {
                    int sum = 0;
                    foreach (int item in items)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        while (sum < item)
                        {
                            sum++;
                        }
                    }

                    return sum;
                }
            }
            """),
        ("AC0017", "implementation", "public interface I { int M(); } public partial class C(AsyncCallRuntime calls) : I { [AsyncCall] public int {|AC0017:M|}() => 1; }",
            "public interface I { int M(); } public partial class C(AsyncCallRuntime calls) : I { [AsyncCall] public int {|AC0017:M|}() => 1; }"),

        ("AC0017", "explicit implementation", "public partial interface I { [AsyncCall] int M(); } public partial class C(AsyncCallRuntime calls) : I { [AsyncCall] int I.{|AC0017:M|}() => 1; }",
            "public partial interface I { [AsyncCall] int M(); } public partial class C(AsyncCallRuntime calls) : I { [AsyncCall] int I.{|AC0017:M|}() => 1; }"),
        ("AC0017", "implementation in a derived type", "public interface I { int M(); } public partial class C(AsyncCallRuntime calls) { [AsyncCall] public int {|AC0017:M|}() => 1; } public class D(AsyncCallRuntime calls) : C(calls), I;",
            "public interface I { int M(); } public partial class C(AsyncCallRuntime calls) { [AsyncCall] public int {|AC0017:M|}() => 1; } public class D(AsyncCallRuntime calls) : C(calls), I;"),
        ("AC0017", "overload with a token", "public partial class C { [AsyncCall(Name = \"MLater\")] public static int {|AC0017:M|}(int n) => n; public static int M(int n, CancellationToken token) => n; }",
            "public partial class C { [AsyncCall(Name = \"MLater\")] public static int {|AC0017:M|}(int n) => n; public static int M(int n, CancellationToken token) => n; }"),
        ("AC0017", "overload with a default value", "public partial class C { [AsyncCall] public static int {|AC0017:M|}(int n) => n; public static int M(int n, int m = 1) => n + m; }",
            "public partial class C { [AsyncCall] public static int {|AC0017:M|}(int n) => n; public static int M(int n, int m = 1) => n + m; }"),
        ("AC0017", "delegate", "public partial class C { [AsyncCall] public static int {|AC0017:M|}(int n) => n; } public class D { public Func<int, int> F => C.M; }",
            "public partial class C { [AsyncCall] public static int {|AC0017:M|}(int n) => n; } public class D { public Func<int, int> F => C.M; }"),
        ("AC0017", "called and named", "public partial class C { [AsyncCall] public static int {|AC0017:M|}(int n) => n; } /// <summary><see cref=\"C.M\"/></summary>\npublic class D { public string F => nameof(C.M) + C.M(1); }",
            "public partial class C { [AsyncCall] public static int M(int n, CancellationToken cancellationToken = default) => n; } /// <summary><see cref=\"C.M\"/></summary>\npublic class D { public string F => nameof(C.M) + C.M(1); }"),

        ("AC0018", "sleep and semaphore", """
            public partial class C
            {
                [AsyncCall]
                public static void {|AC0018:{|AC0018:M|}|}(int ms, SemaphoreSlim gate, CancellationToken token)
                {
                    Thread.Sleep(ms);
                    gate.Wait();
                }
            }
            """, """
            public partial class C
            {
                [AsyncCall]
                public static void M(int ms, SemaphoreSlim gate, CancellationToken token)
                {
                    token.WaitHandle.WaitOne(ms);
                    token.ThrowIfCancellationRequested();
                    gate.Wait(token);
                }
            }
            """),
        ("AC0018", "keywords", """
            public partial class C
            {
                [AsyncCall] public static void {|AC0018:M|}(CancellationToken @event) => new SemaphoreSlim(0).Wait();

                [AsyncCall]
                public static int {|AC0018:N|}(CancellationToken @event)
                {
                    Thread.Sleep(1_000);
                    return 1;
                }
            }
            """, """
            public partial class C
            {
                [AsyncCall] public static void M(CancellationToken @event) => new SemaphoreSlim(0).Wait(@event);

                [AsyncCall]
                public static int N(CancellationToken @event)
                {
                    @event.WaitHandle.WaitOne(1_000);
                    @event.ThrowIfCancellationRequested();
                    return 1;
                }
            }
            """),
        ("AC0018", "arguments that become an array", "public partial class C { [AsyncCall] public static void {|AC0018:M|}(Task a, Task b, CancellationToken token) => Task.WaitAny(a, b); }",
            "public partial class C { [AsyncCall] public static void {|AC0018:M|}(Task a, Task b, CancellationToken token) => Task.WaitAny(a, b); }"),
        ("AC0018", "array", "public partial class C { [AsyncCall] public static void {|AC0018:M|}(Task[] tasks, CancellationToken token) => Task.WaitAny(tasks); }",
            "public partial class C { [AsyncCall] public static void M(Task[] tasks, CancellationToken token) => Task.WaitAny(tasks, token); }"),
        ("AC0018", "no overload", "public partial class C { [AsyncCall] public static void {|AC0018:M|}(Thread other, CancellationToken token) => other.Join(); }",
            "public partial class C { [AsyncCall] public static void {|AC0018:M|}(Thread other, CancellationToken token) => other.Join(); }"),
    ];

    /// <summary>Methods of a type that uses twins.</summary>
    public static readonly (string Id, string Name, string Before, string After)[] OfUsage =
    [
        ("AC0019", "token in scope", "async Task M(byte[] b, CancellationToken token) { store.{|AC0019:Read|}(file, b, 0); await Task.Yield(); }",
            "async Task M(byte[] b, CancellationToken token) { await store.ReadAsync(file, b, 0, token); await Task.Yield(); }"),
        ("AC0019", "no token, parts and memory", "async Task<int> M(Memory<byte> b, byte[] c) { await Task.Yield(); store.{|AC0019:Write|}(file, c.AsSpan(1, 2), 0); return store.{|AC0019:Read|}(file, b.Span, 0) + 1; }",
            "async Task<int> M(Memory<byte> b, byte[] c) { await Task.Yield(); await store.WriteAsync(file, c.AsMemory(1, 2), 0); return await store.ReadAsync(file, b, 0) + 1; }"),
        ("AC0019", "keyword", "async Task M(byte[] b, CancellationToken @event) { await Task.Yield(); store.{|AC0019:Read|}(file, b, 0); }",
            "async Task M(byte[] b, CancellationToken @event) { await Task.Yield(); await store.ReadAsync(file, b, 0, @event); }"),
        ("AC0019", "own token, text, member of the result", "async Task<string> M(CancellationToken token) { await Task.Yield(); return Store.{|AC0019:Count|}(\"a\", CancellationToken.None).ToString() + Store.{|AC0019:Parse|}(\"1\"); }",
            "async Task<string> M(CancellationToken token) { await Task.Yield(); return (await Store.CountAsync(\"a\", CancellationToken.None)).ToString() + await Store.ParseAsync(\"1\".AsMemory(), token); }"),
        ("AC0019", "array of trailing arguments", "async Task<int> M(int[] n) { await Task.Yield(); return Store.{|AC0019:Sum|}() + Store.{|AC0019:Sum|}(1, 2); }",
            "async Task<int> M(int[] n) { await Task.Yield(); return Store.{|AC0019:Sum|}() + Store.{|AC0019:Sum|}(1, 2); }"),
        ("AC0019", "array as an argument", "async Task<int> M(int[] n) { await Task.Yield(); return Store.{|AC0019:Sum|}(n); }", "async Task<int> M(int[] n) { await Task.Yield(); return await Store.SumAsync(n); }"),
        ("AC0019", "spans that are not used behind", "async Task M(byte[] b) { await Task.Yield(); while (b[0] > 0) { Span<byte> s = b; s.Clear(); store.{|AC0019:Read|}(file, b, s.Length); } foreach (byte n in b) { Span<byte> t = b.AsSpan(store.{|AC0019:Read|}(file, b, n)); t.Clear(); } }",
            "async Task M(byte[] b) { await Task.Yield(); while (b[0] > 0) { Span<byte> s = b; s.Clear(); await store.ReadAsync(file, b, s.Length); } foreach (byte n in b) { Span<byte> t = b.AsSpan(await store.ReadAsync(file, b, n)); t.Clear(); } }"),
        ("AC0019", "lambda with a token", "Func<CancellationToken, Task> M() => async token => { await Task.Yield(); Store.{|AC0019:Parse|}(\"1\"); };",
            "Func<CancellationToken, Task> M() => async token => { await Task.Yield(); await Store.ParseAsync(\"1\".AsMemory(), token); };"),

        ("AC0020", "async method", "async Task M(byte[] b) { {|AC0020:store.ReadAsync(file, b, 0)|}; {|AC0020:store.WriteAsync(file, b, 0).AsTask()|}; await Task.Yield(); }",
            "async Task M(byte[] b) { await store.ReadAsync(file, b, 0); await store.WriteAsync(file, b, 0); await Task.Yield(); }"),
        ("AC0020", "span that is used behind", "async Task M(byte[] b) { await Task.Yield(); Span<byte> s = b; {|AC0020:store.ReadAsync(file, b, 0)|}; s.Clear(); }",
            "async Task M(byte[] b) { await Task.Yield(); Span<byte> s = b; {|AC0020:store.ReadAsync(file, b, 0)|}; s.Clear(); }"),
        ("AC0019", "stream", "async Task M(byte[] b) { await Task.Yield(); Store.{|AC0019:read|}(file, b, 9); }", "async Task M(byte[] b) { await Task.Yield(); Store.{|AC0019:read|}(file, b, 9); }"),
        ("AC0020", "stream", "async Task M(LeasedBufferPool p) { await Task.Yield(); {|AC0020:Store.readAsync(file, p)|}; }", "async Task M(LeasedBufferPool p) { await Task.Yield(); {|AC0020:Store.readAsync(file, p)|}; }"),
        ("AC0020", "not async", "void M(byte[] b) { {|AC0020:store.ReadAsync(file, b, 0)|}; }", "void M(byte[] b) { {|AC0020:store.ReadAsync(file, b, 0)|}; }"),

        ("AC0021", "awaited often", "async Task M() { ValueTask<int> t = Store.CountAsync(\"\"); await t; await {|AC0021:t|}; await {|AC0021:t|}; var u = Store.CountAsync(\"\"); await u; await {|AC0021:u|}; }",
            "async Task M() { ValueTask<int> t = Store.CountAsync(\"\").Preserve(); await t; await t; await t; var u = Store.CountAsync(\"\").Preserve(); await u; await u; }"),

        ("AC0022", "variable that is awaited later", "async Task<int> M(byte[] b) { ValueTask<int> t = store.ReadAsync(file, b, 0); {|AC0022:b[0] = 1|}; var u = store.ReadAsync(file, b, 0); {|AC0022:b[0] = 1|}; return await t + await u; }",
            "async Task<int> M(byte[] b) { int t = await store.ReadAsync(file, b, 0); b[0] = 1; var u = await store.ReadAsync(file, b, 0); b[0] = 1; return t + u; }"),
        ("AC0022", "statement that awaits", """
            async Task M(byte[] b)
                {
                    ValueTask t = store.WriteAsync(file, b, 0);
                    {|AC0022:b[0] = 1|};
                    await t;
                }
            """, """
            async Task M(byte[] b)
                {
                    await store.WriteAsync(file, b, 0);
                    b[0] = 1;
                }
            """),
        ("AC0022", "span that is used behind", "async Task M(byte[] b, byte[] c) { await Task.Yield(); Span<byte> s = c; var t = store.WriteAsync(file, b, 0); {|AC0022:b[0] = 1|}; s.Clear(); await t; }",
            "async Task M(byte[] b, byte[] c) { await Task.Yield(); Span<byte> s = c; var t = store.WriteAsync(file, b, 0); {|AC0022:b[0] = 1|}; s.Clear(); await t; }"),
        ("AC0022", "not async", "Task M(byte[] b) { var t = store.WriteAsync(file, b, 0); {|AC0022:b[0] = 1|}; return t.AsTask(); }",
            "Task M(byte[] b) { var t = store.WriteAsync(file, b, 0); {|AC0022:b[0] = 1|}; return t.AsTask(); }"),

        ("AC0023", "async method", "async Task<int> M(byte[] b) { await Task.Yield(); {|AC0023:store.WriteAsync(file, b, 0).AsTask().Wait()|}; return {|AC0023:store.ReadAsync(file, b, 0).Result|} + {|AC0023:store.ReadAsync(file, b, 1).ConfigureAwait(false).GetAwaiter().GetResult()|}.GetHashCode(); }",
            "async Task<int> M(byte[] b) { await Task.Yield(); await store.WriteAsync(file, b, 0); return await store.ReadAsync(file, b, 0) + (await store.ReadAsync(file, b, 1).ConfigureAwait(false)).GetHashCode(); }"),
        ("AC0023", "variable", "async Task<int> M(byte[] b) { await Task.Yield(); var t = store.ReadAsync(file, b, 0); return {|AC0023:t.Result|}; }",
            "async Task<int> M(byte[] b) { await Task.Yield(); var t = store.ReadAsync(file, b, 0); return await t; }"),
        ("AC0023", "not async", "int M(byte[] b) => {|AC0023:store.ReadAsync(file, b, 0).Result|};", "int M(byte[] b) => {|AC0023:store.ReadAsync(file, b, 0).Result|};"),

        ("AC0024", "in the argument", "async Task M(CancellationToken token) { store.Read(file, {|AC0024:stackalloc byte[9]|}, 0); store.Write(file, {|AC0024:stackalloc[] { (byte)1 }|}, 0); await Task.Yield(); }",
            "async Task M(CancellationToken token) { await store.ReadAsync(file, new byte[9], 0, token); await store.WriteAsync(file, new[] { (byte)1 }, 0, token); await Task.Yield(); }"),
        ("AC0024", "variable for two calls", """
            async Task<int> M(int n)
                {
                    await Task.Yield();
                    Span<byte> b = n < 9 ? stackalloc byte[n] : new byte[n];
                    b.Clear();
                    int length = store.Read(file, {|AC0024:b|}, 0) + store.Read(file, {|AC0024:b[..4]|}, 0);
                    return b[0] + length;
                }
            """, """
            async Task<int> M(int n)
                {
                    await Task.Yield();
                    Memory<byte> b = n < 9 ? new byte[n] : new byte[n];
                    b.Span.Clear();
                    int length = await store.ReadAsync(file, b, 0) + await store.ReadAsync(file, b[..4], 0);
                    return b.Span[0] + length;
                }
            """),
        ("AC0024", "another span that is used behind", "async Task M(byte[] c) { await Task.Yield(); Span<byte> s = c; Span<byte> b = stackalloc byte[9]; store.Read(file, {|AC0024:b|}, 0); s.Clear(); }",
            "async Task M(byte[] c) { await Task.Yield(); Span<byte> s = c; Span<byte> b = stackalloc byte[9]; store.Read(file, {|AC0024:b|}, 0); s.Clear(); }"),
        ("AC0024", "twin", "async Task M() { Span<byte> b = stackalloc byte[9]; await store.ReadAsync(file, {|CS1503:{|AC0024:b|}|}, b.Length); }",
            "async Task M() { Memory<byte> b = new byte[9]; await store.ReadAsync(file, b, b.Span.Length); }"),
    ];
}
