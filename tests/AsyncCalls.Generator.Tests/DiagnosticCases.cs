namespace AsyncCalls.Generator.Tests;

/// <summary>
/// Sources for every rule. What is reported is marked; the methods that are called <c>Bad…</c> have it, and those called
/// <c>Good…</c> are fine and must keep their twins.
/// </summary>
internal static class DiagnosticCases
{
    private const string Good = "[AsyncCall] public static int Good() => 1;";

    public static readonly (string Id, string Name, string Source)[] All =
    [
        ("AC0001", "type", $"public class C {{ [AsyncCall] public static int [|Bad|]() => 1; }} public partial class D {{ {Good} }}"),
        ("AC0001", "outer type", $"public class C {{ public partial class E {{ [AsyncCall] public static int [|Bad|]() => 1; }} }} public partial class D {{ {Good} }}"),

        ("AC0002", "ref", InType("[AsyncCall] public static int Bad(ref int [|value|]) => value;")),
        ("AC0002", "ref readonly", InType("[AsyncCall] public static int Bad(ref readonly int [|value|]) => value;")),
        ("AC0002", "in span", InType("[AsyncCall] public static int Bad(in Span<byte> [|value|]) => value.Length;")),
        ("AC0002", "import", InType("""[AsyncCall, DllImport("libc", SetLastError = true)] public static extern int Bad(ref readonly int [|value|]);""")),

        ("AC0003", "parameter", InType("[AsyncCall] public static unsafe int Bad([|byte*|] value) => 1;")),
        ("AC0003", "function pointer", InType("[AsyncCall] public static unsafe int Bad([|delegate*<int, int>|] value) => 1;")),
        ("AC0003", "array of pointers", InType("[AsyncCall] public static unsafe int Bad([|byte*[]|] value) => 1;")),
        ("AC0003", "arrays of pointers in a generic type", InType("[AsyncCall] public static unsafe int Bad([|List<byte*[]>|] value) => 1;")),
        ("AC0003", "arrays of pointers in the type around", InType("public class Outer<T> { public class I; } [AsyncCall] public static unsafe int Bad([|Outer<int*[]>.I|] value) => 1;")),
        ("AC0003", "function pointers in a tuple", InType("[AsyncCall] public static unsafe [|(int, delegate*<void>[])|] Bad() => default;")),
        ("AC0003", "arrays of pointers in a constraint", InType("[AsyncCall] public static unsafe int [|Bad|]<T>() where T : List<int*[]> => 1;")),
        ("AC0003", "result", InType("[AsyncCall] public static unsafe [|byte*|] Bad() => null;")),

        ("AC0004", "parameter", InType("public ref struct R; [AsyncCall] public static int Bad([|R|] value) => 1;")),
        ("AC0004", "out span", InType("[AsyncCall] public static void Bad(out [|Span<byte>|] value) => value = default;")),
        ("AC0004", "span as the result", InType("[AsyncCall] public static [|Span<byte>|] Bad() => default;")),
        ("AC0004", "result by reference", InType("private static int s_value; [AsyncCall] public static [|ref int|] Bad() => ref s_value;")),
        ("AC0004", "type parameter", InType("[AsyncCall] public static int Bad<T>([|T|] value) where T : allows ref struct => 1;")),
        ("AC0004", "instance", $"public ref partial struct C {{ [AsyncCall] public int [|Bad|](AsyncCallRuntime on) => 1; {Good} }}"),

        ("AC0005", "member with the same parameters", InType("[AsyncCall] public static int [|Bad|](Span<byte> b) => 1; public static int BadAsync(Memory<byte> b, CancellationToken t) => 1;")),
        ("AC0005", "member with the parameters of the second overload", InType("[AsyncCall] public static int [|Bad|]() => 1; public static int BadAsync(AsyncCallRuntime r, CancellationToken t) => 1;")),
        ("AC0005", "member of another kind", InType("[AsyncCall] public static int [|Bad|]() => 1; public static int BadAsync { get; }")),
        ("AC0005", "name of the type", $"public partial class BadAsync {{ [AsyncCall] public static int [|Bad|]() => 1; {Good} }}"),
        ("AC0005", "name of a type parameter", $"public partial class C<BadAsync> {{ [AsyncCall] public static int [|Bad|]() => 1; {Good} }}"),
        ("AC0005", "span and memory", InType("[AsyncCall] public static int [|Bad|](Span<byte> b) => 1; [AsyncCall] public static int [|Bad|](Memory<byte> b) => 1;")),
        ("AC0005", "out and nothing", InType("[AsyncCall] public static int [|Bad|]() => 1; [AsyncCall] public static int [|Bad|](out int b) => b = 1;")),
        ("AC0005", "in and by value", InType("[AsyncCall] public static int [|Bad|](int b) => b; [AsyncCall] public static int [|Bad|](in int b) => b;")),
        ("AC0005", "a name of its own that is taken", InType("[AsyncCall] public static int [|Bad|]() => 1; [AsyncCall(Name = \"BadAsync\")] public static int [|Other|]() => 1;")),
        ("AC0005", "the method itself", InType("[AsyncCall(Name = \"*\")] public static int [|Bad|](CancellationToken t) => 1;")),
        ("AC0005", "the overload with options", InType("[AsyncCall(TakesOptions = true)] public static int [|Bad|]() => 1; public static int BadAsync(AsyncCallRuntime r, CallOptions o, CancellationToken t) => 1;")),
        ("AC0005", "the same method twice", InType("[AsyncCall] public static int [|Bad|](int b) => 1; [AsyncCall] public static int [|Bad|](int b) => 1;")),
        ("AC0005", "with and without a token", InType("[AsyncCall] public static int [|Bad|](int b) => 1; [AsyncCall] public static int [|Bad|](int b, CancellationToken t) => 1;")),

        ("AC0006", "async", InType("[AsyncCall] public static async void [|Bad|]() => await Task.Yield();")),
        ("AC0006", "task", InType("[AsyncCall] public static Task<int> [|Bad|]() => Task.FromResult(1);")),
        ("AC0006", "value task", InType("[AsyncCall] public static ValueTask [|Bad|]() => default;")),
        ("AC0006", "asynchronous stream", InType("[AsyncCall] public static IAsyncEnumerable<int> [|Bad|]() => null!;")),
        ("AC0006", "other awaitable", InType("[AsyncCall] public static System.Runtime.CompilerServices.ConfiguredTaskAwaitable [|Bad|]() => default;")),

        ("AC0007", "parameter", $"public partial class C(AsyncCallRuntime calls) {{ [AsyncCall] public int Bad(int [|calls|]) => calls; {Good} }}"),

        ("AC0008", "fields", InType("private readonly AsyncCallRuntime _one = new(), _two = new(); [AsyncCall] public int [|Bad|]() => 1;")),
        ("AC0008", "parameters", InType("[AsyncCall] public static int [|Bad|](AsyncCallRuntime one, AsyncCallRuntime two) => 1;")),
        ("AC0008", "primary constructor", $"public partial class C(AsyncCallRuntime one, AsyncCallRuntime two) {{ [AsyncCall] public int [|Bad|]() => 1; {Good} }}"),

        ("AC0009", "nothing", InType("[AsyncCall] public int [|Bad|]() => 1;")),
        ("AC0009", "private in the base type", $"public class B {{ private AsyncCallRuntime _calls = new(); }} public partial class C : B {{ [AsyncCall] public int [|Bad|]() => 1; {Good} }}"),

        ("AC0009", "one that nobody may use", InType("[Obsolete(\"\", true)] private static AsyncCallRuntime Old => new(); [AsyncCall] public int [|Bad|]() => 1;")),

        ("AC0010", "struct", $"public partial struct C {{ private static AsyncCallRuntime s_calls = new(); private int _i; [AsyncCall] public int [|Bad|]() => _i++; [AsyncCall] public readonly int GoodToo() => _i; {Good} }}"),

        ("AC0011", "LibraryImport", InType("""[AsyncCall, LibraryImport("libc")] internal static partial int [|Bad|](int value);""")),
        ("AC0011", "LibraryImport with a stub", InType("""[AsyncCall, LibraryImport("libc")] internal static partial int [|Bad|](SafeFileHandle fd);""")),
        ("AC0011", "DllImport", InType("""[AsyncCall, DllImport("other", SetLastError = false)] internal static extern int [|Bad|](int value);""")),

        ("AC0012", "native", InType("""[AsyncCall, DllImport("libc", SetLastError = true, EntryPoint = "fsync")] internal static extern int Bad([|int|] fd);""")),
        ("AC0012", "worker", InType("""[AsyncCall, DllImport("libc", SetLastError = true, EntryPoint = "flock")] internal static extern int Bad([|int|] fd, int operation);""")),

        ("AC0012", "LibraryImport with a stub", InType("""[AsyncCall, LibraryImport("libc", SetLastError = true, EntryPoint = "recv")] internal static partial nint Bad([|int|] fd, Span<byte> buffer, nuint count, int flags);""")),
        ("AC0012", "sendfile", InType("""[AsyncCall, DllImport("libc", SetLastError = true, EntryPoint = "sendfile")] internal static extern nint Bad([|int|] to, int from, nint offset, nuint count);""")),

        ("AC0013", "LibraryImport with a stub", InType("""[AsyncCall, LibraryImport("libc", SetLastError = true, EntryPoint = "close")] internal static partial int Bad([|SafeFileHandle|] fd);""")),
        ("AC0013", "close", InType("""[AsyncCall, DllImport("libc", SetLastError = true, EntryPoint = "close")] internal static extern int Bad([|SafeFileHandle|] fd);""")),

        ("AC0014", "computed argument", InType("[AsyncCall] public static int Bad(SafeFileHandle f, Span<byte> b, long i) => RandomAccess.Read(f, b, [|i * 2|]);")),
        ("AC0014", "field of another object", InType("public long I; [AsyncCall] public static int Bad(SafeFileHandle f, Span<byte> b, C c) => RandomAccess.Read(f, b, [|c.I|]);")),
        ("AC0014", "result is discarded", InType("[AsyncCall] public static void [|Bad|](SafeFileHandle f, Span<byte> b) => RandomAccess.Read(f, b, 0);")),
        ("AC0014", "virtual method", InType("private AsyncCallRuntime _calls = new(); [AsyncCall] public virtual void [|Bad|](SafeFileHandle f) => RandomAccess.FlushToDisk(f);")),
        ("AC0014", "import that does not fit", InType("""[AsyncCall, DllImport("libc", SetLastError = true, EntryPoint = "ftruncate")] internal static extern int [|Bad|](SafeFileHandle fd, string length);""")),

        ("AC0015", "static abstract", $"public partial interface I {{ [AsyncCall] static abstract int [|Bad|](); {Good} }}"),
        ("AC0015", "covariant result", $"public partial interface I<out T> {{ [AsyncCall] T [|Bad|](); [AsyncCall] int Good(); }}"),
        ("AC0015", "contravariant result", $"public partial interface I<in T> {{ [AsyncCall] Action<T>[] [|Bad|](); [AsyncCall] int Good(); }}"),
        ("AC0015", "static type", $"public partial interface I {{ [AsyncCall] File [|Bad|](); [AsyncCall] int Good(); }}"),
        ("AC0015", "COM interface", $"[ComImport, Guid(\"6f1b4b4e-7a0a-4c55-9d30-3a6d0b9e2f11\")] public partial interface I {{ [AsyncCall] int [|Bad|](); }} public partial class C {{ {Good} }}"),
        ("AC0015", "explicit implementation of a static member", $"public partial interface I {{ static abstract int Bad(); }} public partial class C : I {{ [AsyncCall] static int I.[|Bad|]() => 1; {Good} }}"),
        ("AC0015", "explicit implementation", $"public interface I {{ int Bad(); }} public partial class C : I {{ [AsyncCall] int I.[|Bad|]() => 1; {Good} }}"),
        ("AC0015", "explicit implementation of a method with an error", $"public partial interface I<out T> {{ [AsyncCall] T [|Bad|](); }} public partial class C : I<int> {{ private static AsyncCallRuntime s_calls = new(); [AsyncCall] int I<int>.[|Bad|]() => 1; {Good} }}"),
        ("AC0015", "explicit implementation of a protected member", $"public partial interface I {{ [AsyncCall(Name = \"*Later\")] protected int Bad(); }} public partial class C : I {{ [AsyncCall] int I.[|Bad|]() => 1; {Good} }}"),
        ("AC0015", "local function", InType("public static int Bad() { [[|AsyncCall|]] static int Local() => 1; return Local(); }")),
        ("AC0015", "lambda", InType("public static Func<int> Bad() => [[|AsyncCall|]] () => 1;")),
        ("AC0015", "operator", InType("[[|AsyncCall|]] public static C operator +(C a, C b) => a;")),
        ("AC0015", "accessor", InType("public static int Bad { [[|AsyncCall|]] get => 1; }")),
        ("AC0015", "file-local type", $"file partial class F {{ [AsyncCall] public static int [|Bad|]() => 1; }} public partial class C {{ {Good} }}"),
        ("AC0015", "extension block", $"public static partial class C {{ extension(string text) {{ [AsyncCall] public int [|Bad|]() => 1; }} {Good} }}"),
        ("AC0015", "for native callers", InType("[AsyncCall, UnmanagedCallersOnly] public static int [|Bad|]() => 1;")),
        ("AC0015", "partial method without a body", InType("[AsyncCall] partial void [|Bad|]();")),

        ("AC0016", "params span", InType("[AsyncCall] public static int Bad(params [|ReadOnlySpan<int>|] values) => 1;")),

        ("AC0030", "name that is none", InType("[AsyncCall(Name = \"* *\")] public static int [|Bad|]() => 1;")),
        ("AC0030", "empty name", InType("[AsyncCall(Name = \"\")] public static int [|Bad|]() => 1;")),
        ("AC0030", "name of an explicit implementation", $"public partial interface I {{ [AsyncCall(Name = \"*Later\")] int Bad(); }} public partial class C : I {{ [AsyncCall(Name = \"*Later\")] int I.[|Bad|]() => 1; {Good} }}"),
        ("AC0030", "name of the original with an optional parameter", InType("[AsyncCall(Name = \"*\")] public static int [|Bad|](int i = 1) => i;")),
        ("AC0030", "name of the original with a span", InType("[AsyncCall(Name = \"*\")] public static int [|Bad|](Span<byte> b) => 1;")),
        ("AC0030", "time", InType("[AsyncCall(TimeoutMs = -1)] public static int [|Bad|]() => 1;")),
        ("AC0030", "result of a body", InType("[AsyncCall(Errors = AsyncCallErrors.Result)] public static int [|Bad|]() => 1;")),
        ("AC0030", "result of nothing", InType("[AsyncCall(Errors = AsyncCallErrors.Result), DllImport(\"libc\", SetLastError = true)] public static extern void [|Bad|]();")),
        ("AC0030", "backend of a body", InType("[AsyncCall(RequiredBackends = AsyncCallBackends.IoUring)] public static int [|Bad|]() => 1;")),
        ("AC0030", "backend that is none", InType("[AsyncCall(RequiredBackends = (AsyncCallBackends)65)] public static int [|Bad|](SafeFileHandle file, Span<byte> block) => RandomAccess.Read(file, block, 0);")),
        ("AC0030", "readiness of a file", InType("[AsyncCall(RequiredBackends = AsyncCallBackends.Epoll)] public static int [|Bad|](SafeFileHandle file, Span<byte> block) => RandomAccess.Read(file, block, 0);")),
        ("AC0030", "backend of another operation", InType("[AsyncCall(RequiredBackends = AsyncCallBackends.IoUring), DllImport(\"libc\", SetLastError = true, EntryPoint = \"ftruncate\")] public static extern int [|Bad|](SafeFileHandle fd, long length);")),
        ("AC0030", "stream of a body", InType("[AsyncCall(Multishot = true)] public static int [|Bad|](CancellationToken t) => 1;")),
        ("AC0030", "stream of another function", InType("[AsyncCall(Multishot = true), DllImport(\"libc\", SetLastError = true, EntryPoint = \"write\")] public static extern nint [|Bad|](SafeFileHandle fd, byte[] buffer, nuint length);")),
        ("AC0030", "stream of another library", InType("[AsyncCall(Multishot = true), DllImport(\"other\", SetLastError = true, EntryPoint = \"read\")] public static extern nint [|Bad|](SafeFileHandle fd, byte[] buffer, nuint length);")),
        ("AC0030", "stream of a number", InType("[AsyncCall(Multishot = true), DllImport(\"libc\", SetLastError = true, EntryPoint = \"read\")] public static extern nint Bad([|int|] fd, byte[] buffer, nuint length);")),
        ("AC0030", "stream of a reference", InType("[AsyncCall(Multishot = true), DllImport(\"libc\", SetLastError = true, EntryPoint = \"recv\")] public static extern nint Bad(SafeHandle fd, byte[] buffer, nuint length, in int [|flags|]);")),
        ("AC0030", "stream of too few parameters", InType("[AsyncCall(Multishot = true), DllImport(\"libc\", SetLastError = true, EntryPoint = \"recv\")] public static extern nint [|Bad|](SafeHandle fd, byte[] buffer, nuint length);")),
        ("AC0030", "stream with other flags", InType("[AsyncCall(Multishot = true), DllImport(\"libc\", SetLastError = true, EntryPoint = \"recv\")] public static extern nint Bad(SafeHandle fd, byte[] buffer, nuint length, [|long|] flags);")),
        ("AC0030", "stream with a time", InType("[AsyncCall(Multishot = true, TimeoutMs = 5), DllImport(\"libc\", SetLastError = true, EntryPoint = \"read\")] public static extern nint [|Bad|](SafeFileHandle fd, byte[] buffer, nuint length);")),
        ("AC0030", "stream with errors as results", InType("[AsyncCall(Multishot = true, Errors = AsyncCallErrors.Result), DllImport(\"libc\", SetLastError = true, EntryPoint = \"read\")] public static extern nint [|Bad|](SafeFileHandle fd, byte[] buffer, nuint length);")),
        ("AC0030", "stream with a backend", InType("[AsyncCall(Multishot = true, RequiredBackends = AsyncCallBackends.IoUring), DllImport(\"libc\", SetLastError = true, EntryPoint = \"read\")] public static extern nint [|Bad|](SafeFileHandle fd, byte[] buffer, nuint length);")),
        ("AC0030", "stream with options", InType("[AsyncCall(Multishot = true, TakesOptions = true), DllImport(\"libc\", SetLastError = true, EntryPoint = \"read\")] public static extern nint [|Bad|](SafeFileHandle fd, byte[] buffer, nuint length);")),

        ("AC0017", "body without a token", InType("[AsyncCall] public static int [|Bad|](string text) => text.Length;", "[AsyncCall] public static int Good(CancellationToken t) => 1;")),

        ("AC0018", "sleep", InType("[AsyncCall] public static int [|Bad|](CancellationToken t) { Thread.Sleep(60_000); return 1; }")),
        ("AC0018", "join", InType("[AsyncCall] public static void [|Bad|](CancellationToken t) { new Thread(() => { }).Join(); }")),
        ("AC0018", "socket", InType("[AsyncCall] public static void [|Bad|](CancellationToken t) { new System.Net.Sockets.Socket(default, default).Accept(); }")),
        ("AC0018", "stream of a pipe", InType("[AsyncCall] public static void [|Bad|](CancellationToken t) { Stream pipe = new System.IO.Pipes.AnonymousPipeServerStream(); ((System.IO.Pipes.PipeStream)pipe).ReadByte(); }")),
        ("AC0018", "derived stream", InType("[AsyncCall] public static void [|Bad|](CancellationToken t) { new System.Net.Sockets.NetworkStream(null!).Write([]); }")),
        ("AC0018", "handle", InType("[AsyncCall] public static void [|Bad|](CancellationToken t) { new ManualResetEvent(false).WaitOne(); }")),
        ("AC0018", "semaphore", InType("[AsyncCall] public static void [|Bad|](CancellationToken t) { new SemaphoreSlim(0).Wait(); }")),
        ("AC0018", "task", InType("[AsyncCall] public static void [|Bad|](CancellationToken t) { Task.Delay(5).Wait(); }")),
        ("AC0018", "console", InType("[AsyncCall] public static void [|Bad|](CancellationToken t) { Console.ReadLine(); }")),
        ("AC0018", "process", InType("[AsyncCall] public static void [|Bad|](CancellationToken t) { new System.Diagnostics.Process().WaitForExit(); }")),
        ("AC0018", "in a loop, once for two", InType("[AsyncCall] public static void [|Bad|](CancellationToken t) { while (true) { Thread.Sleep(1_000); Thread.Sleep(2_000); } }")),
    ];

    /// <summary>Bodies that may wait, but not without an end, or that a token ends.</summary>
    public static readonly (string Name, string Body)[] Interruptible =
    [
        ("short sleep", "Thread.Sleep(10);"),
        ("sleep of a constant", "const int Short = 50; Thread.Sleep(Short);"),
        ("semaphore with the token", "new SemaphoreSlim(0).Wait(t);"),
        ("wait for the token", "t.WaitHandle.WaitOne();"),
        ("wait for the token too", "WaitHandle.WaitAny([t.WaitHandle, new ManualResetEvent(false)]);"),
        ("stream in memory", "new MemoryStream().ReadByte();"),
        ("any stream", "Stream stream = Stream.Null; stream.ReadByte();"),
        ("file", "File.ReadAllText(\"name\");"),
        ("in a lambda", "Action later = () => Thread.Sleep(60_000);"),
        ("in a local function", "void Later() => Thread.Sleep(60_000);"),
        ("collection with the token", "new System.Collections.Concurrent.BlockingCollection<int>().Take(t);"),
        ("method of the same name", "Sleep(60_000); static void Sleep(int n) { }"),
    ];

    private static string InType(string member, string good = Good) => $"public partial class C {{ {member} {good} }}";
}
