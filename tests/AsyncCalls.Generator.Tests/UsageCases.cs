namespace AsyncCalls.Generator.Tests;

/// <summary>Methods that use twins: those of <see cref="Reported"/> have the rule where it is marked, those of <see cref="Fine"/> none.</summary>
internal static class UsageCases
{
    /// <summary>The twins that are used.</summary>
    public const string Store = """
        public partial class Store(AsyncCallRuntime calls)
        {
            [AsyncCall] public int Read(SafeFileHandle file, Span<byte> block, long offset) => RandomAccess.Read(file, block, offset);
            [AsyncCall] public void Write(SafeFileHandle file, ReadOnlySpan<byte> block, long offset) => RandomAccess.Write(file, block, offset);
            [AsyncCall] public static int Count(string text, CancellationToken token) => text.Length;
            [AsyncCall] public static int Parse(ReadOnlySpan<char> text) => text.Length;
            [AsyncCall] private static int Hidden() => 1;
            [AsyncCall] public static int Sum(params int[] numbers) => numbers.Length;
            [AsyncCall(Multishot = true), DllImport("libc", SetLastError = true)] public static extern nint read(SafeFileHandle fd, byte[] buffer, nuint length);
            public int Plain(int n) => n;
        }
        """;

    /// <summary>Where the attribute of a suppression can stand.</summary>
    public const string Here = "/*here*/";

    public static readonly (string Id, string Name, string Method)[] Reported =
    [
        ("AC0019", "array", "async Task M(byte[] b) { store.[|Read|](file, b, 0); await Task.Yield(); }"),
        ("AC0019", "memory", "async Task M(Memory<byte> b) { store.[|Read|](file, b.Span, 0); await Task.Yield(); }"),
        ("AC0019", "part of an array", "async Task M(byte[] b) { store.[|Write|](file, b.AsSpan(0, 4), 0); await Task.Yield(); }"),
        ("AC0019", "string", "async ValueTask<int> M() { await Task.Yield(); return Store.[|Parse|](\"12\"); }"),
        ("AC0019", "in a lambda", "Func<Task<int>> M() => async () => { await Task.Yield(); return Store.[|Count|](\"\", default); };"),
        ("AC0019", "in a local function", "void M() { L(); async Task L() { await Task.Yield(); Store.[|Count|](\"\", default); } }"),

        ("AC0019", "span that is used before", "async Task M(byte[] b) { await Task.Yield(); Span<byte> s = b; s.Clear(); store.[|Read|](file, b, s.Length); }"),
        ("AC0019", "span of another block", "async Task M(byte[] b) { await Task.Yield(); { Span<byte> s = b; s.Clear(); } store.[|Read|](file, b, 0); { Span<byte> s = b; s.Clear(); } }"),
        ("AC0019", "span of each turn", "async Task M(byte[] b) { await Task.Yield(); while (b[0] > 0) { Span<byte> s = b; s.Clear(); store.[|Read|](file, b, 0); } }"),
        ("AC0019", "loop over an array", "async Task M(byte[] b) { await Task.Yield(); foreach (byte n in b) { store.[|Read|](file, b, n); } }"),
        ("AC0019", "text", "async Task<string> M(byte[] b) { await Task.Yield(); return $\"{store.[|Read|](file, b, 0)}\" + b; }"),
        ("AC0019", "text that is built first", "async Task<object> M(byte[] b) { await Task.Yield(); return string.Create(null, $\"{b}\") + store.[|Read|](file, b, 0); }"),
        ("AC0019", "result for a span", "async Task M(byte[] b) { await Task.Yield(); Span<byte> s = b.AsSpan(store.[|Read|](file, b, 0)); s.Clear(); }"),

        ("AC0019", "stream", "async Task M(byte[] b) { await Task.Yield(); Store.[|read|](file, b, 9); }"),

        ("AC0020", "stream", "void M(LeasedBufferPool p) { [|Store.readAsync(file, p)|]; }"),
        ("AC0020", "statement", "void M(byte[] b) { [|store.ReadAsync(file, b, 0)|]; }"),
        ("AC0020", "statement of an async method", "async Task M(byte[] b) { [|store.WriteAsync(file, b, 0)|]; await Task.Yield(); }"),
        ("AC0020", "as a task", "void M(byte[] b) { [|store.ReadAsync(file, b, 0).AsTask()|]; }"),
        ("AC0020", "variable that nobody looks at", "void M(byte[] b) { ValueTask<int> t = [|store.ReadAsync(file, b, 0)|]; }"),
        ("AC0020", "body of a lambda", "Action M(byte[] b) => () => [|store.ReadAsync(file, b, 0)|];"),

        ("AC0021", "awaited twice", "async Task M() { ValueTask<int> t = Store.CountAsync(\"\"); await t; await [|t|]; }"),
        ("AC0021", "task after await", "async Task M() { var t = Store.CountAsync(\"\"); await t; Use([|t|].AsTask()); }"),
        ("AC0021", "awaited on both branches before", "async Task M(bool c) { var t = Store.CountAsync(\"\"); if (c) { await t; } else { await t.ConfigureAwait(false); } await [|t|]; }"),
        ("AC0021", "in a lambda", "Func<Task> M() => async () => { var t = Store.CountAsync(\"\"); await t; await [|t|]; };"),

        ("AC0022", "written", "async Task M(byte[] b) { var t = store.ReadAsync(file, b, 0); [|b[0] = 1|]; await t; }"),
        ("AC0022", "written through a span", "async Task M(Memory<byte> b) { var t = store.WriteAsync(file, b, 0); [|b.Span[0] = 1|]; await t; }"),
        ("AC0022", "cleared", "async Task M(byte[] b) { var t = store.ReadAsync(file, b, 0); [|Array.Clear(b)|]; await t; }"),
        ("AC0022", "filled", "async Task M(byte[] b) { var t = store.ReadAsync(file, b.AsMemory(), 0).AsTask(); [|b.AsSpan().Fill(1)|]; await t; }"),
        ("AC0022", "returned to the pool", "async Task M(System.Buffers.ArrayPool<byte> p) { byte[] b = p.Rent(9); var t = store.ReadAsync(file, b.AsMemory(0, 9), 0); [|p.Return(b)|]; await t; }"),
        ("AC0022", "owner disposed", "async Task M(System.Buffers.IMemoryOwner<byte> o) { Memory<byte> m = o.Memory; var t = store.ReadAsync(file, m, 0); [|o.Dispose()|]; await t; }"),
        ("AC0022", "owner disposed by using", "ValueTask<int> M() { using (System.Buffers.IMemoryOwner<byte> [|o = System.Buffers.MemoryPool<byte>.Shared.Rent(9)|]) { return store.ReadAsync(file, o.Memory, 0); } }"),
        ("AC0022", "returned to the pool in finally", "ValueTask<int> M(System.Buffers.ArrayPool<byte> p) { byte[] b = p.Rent(9); try { return store.ReadAsync(file, b, 0); } finally { [|p.Return(b)|]; } }"),
        ("AC0022", "two reads into one", "async Task M(byte[] b) { var t = store.ReadAsync(file, b, 0); var u = [|store.ReadAsync(file, b, 9)|]; await t; await u; }"),
        ("AC0022", "read by a stream", "async Task M(Stream s, byte[] b) { var t = store.WriteAsync(file, b, 0); [|s.ReadExactly(b)|]; await t; }"),

        ("AC0023", "result", "int M(byte[] b) => [|store.ReadAsync(file, b, 0).Result|];"),
        ("AC0023", "awaiter", "int M(byte[] b) => [|store.ReadAsync(file, b, 0).GetAwaiter().GetResult()|];"),
        ("AC0023", "wait", "void M(byte[] b) => [|store.WriteAsync(file, b, 0).AsTask().Wait()|];"),
        ("AC0023", "result of a task", "int M(byte[] b) => [|store.ReadAsync(file, b, 0).AsTask().Result|];"),
        ("AC0023", "variable", "int M(byte[] b) { var t = store.ReadAsync(file, b, 0); return [|t.Result|]; }"),
        ("AC0023", "awaiter of a variable in an async method", "async Task M(byte[] b) { var t = store.WriteAsync(file, b, 0); [|t.GetAwaiter().GetResult()|]; await Task.Yield(); }"),
        ("AC0023", "variable of a task", "void M(byte[] b) { Task t = store.WriteAsync(file, b, 0).AsTask(); [|t.Wait()|]; }"),

        ("AC0024", "original in an async method", "async Task M() { store.Read(file, [|stackalloc byte[9]|], 0); await Task.Yield(); }"),
        ("AC0024", "variable", "async Task M() { Span<byte> b = stackalloc byte[9]; store.Read(file, [|b|], 0); await Task.Yield(); }"),
        ("AC0024", "part of a variable", "async Task M() { Span<byte> b = stackalloc byte[9]; store.Read(file, [|b[..4]|], 0); await Task.Yield(); }"),
        ("AC0024", "one of two", "async Task M(int n) { Span<byte> b = n < 9 ? stackalloc byte[n] : new byte[n]; store.Read(file, [|b.Slice(1)|], 0); await Task.Yield(); }"),
        ("AC0024", "twin", "async Task M() { Span<byte> b = stackalloc byte[9]; await store.ReadAsync(file, [|b|], 0); }"),
    ];

    public static readonly (string Id, string Name, string Method)[] Fine =
    [
        ("AC0019", "not async", "int M(byte[] b) => store.Read(file, b, 0);"),
        ("AC0019", "lambda that is not async", "async Task M(byte[] b) { Func<int> f = () => store.Read(file, b, 0); await Task.Run(f); }"),
        ("AC0019", "lock", "async Task M(byte[] b) { await Task.Yield(); lock (b) { store.Read(file, b, 0); } }"),
        ("AC0019", "unsafe", "async Task M(byte[] b) { await Task.Yield(); unsafe { store.Read(file, b, 0); } }"),
        ("AC0019", "filter", "async Task M() { try { await Task.Yield(); } catch (IOException) when (Store.Count(\"\", default) > 0) { } }"),
        ("AC0019", "no twin", "async Task M() { store.Plain(1); await Task.Yield(); }"),
        ("AC0019", "span that nothing is known of", "async Task M() { await Task.Yield(); store.Read(file, Any(), 0); }"),
        ("AC0019", "conditional", "async Task M(Store? s, byte[] b) { await Task.Yield(); s?.Read(file, b, 0); }"),

        ("AC0019", "span that is used behind", "async Task M(byte[] b) { await Task.Yield(); Span<byte> s = b; store.Read(file, b, 0); s.Clear(); }"),
        ("AC0019", "span that is used in the next turn", "async Task M(byte[] b) { await Task.Yield(); Span<byte> s = b; while (b[0] > 0) { s.Clear(); store.Read(file, b, 0); } }"),
        ("AC0019", "span that is used in the next turn of a condition", "async Task M(byte[] b) { await Task.Yield(); Span<byte> s = b; do { s[0]++; } while (store.Read(file, b, 0) > 0); }"),
        ("AC0019", "span that is used in the next turn of an increment", "async Task M(byte[] b) { await Task.Yield(); Span<byte> s = b; for (int i = 0; i < s.Length; i += store.Read(file, b, 0)) { } }"),
        ("AC0019", "span of a for", "async Task M(byte[] b) { await Task.Yield(); for (Span<byte> s = b; s.Length > 0; s = s[1..]) { store.Read(file, b, 0); } }"),
        ("AC0019", "span of a pattern", "async Task M(byte[] b) { await Task.Yield(); if (b.AsSpan() is var s && s.Length > 0) { store.Read(file, b, 0); s.Clear(); } }"),
        ("AC0019", "reference", "async Task M(byte[] b) { await Task.Yield(); ref byte r = ref b[0]; store.Read(file, b, 0); r++; }"),
        ("AC0019", "loop over a span", "async Task M(byte[] b) { await Task.Yield(); foreach (byte n in b.AsSpan()) { store.Read(file, b, n); } }"),
        ("AC0019", "scope of a lock", "async Task M(byte[] b, Lock l) { await Task.Yield(); using (l.EnterScope()) { store.Read(file, b, 0); } }"),
        ("AC0019", "scope of a lock in a variable", "async Task M(byte[] b, Lock l) { await Task.Yield(); using (Lock.Scope s = l.EnterScope()) { store.Read(file, b, 0); } }"),
        ("AC0019", "scope of a lock until the end", "async Task M(byte[] b, Lock l) { await Task.Yield(); using Lock.Scope s = l.EnterScope(); store.Read(file, b, 0); }"),
        ("AC0019", "argument behind a span", "async Task M(byte[] b) { await Task.Yield(); Both(b, store.Read(file, b, 0)); static void Both(Span<byte> s, int n) => s[0] = (byte)n; }"),
        ("AC0019", "element of a span", "async Task M(byte[] b) { await Task.Yield(); b.AsSpan()[0] = (byte)store.Read(file, b, 0); }"),
        ("AC0019", "what a method refers to", "async Task M(byte[] b) { await Task.Yield(); First(b) = store.Read(file, b, 0); static ref int First(byte[] b) => ref (new int[1])[0]; }"),
        ("AC0019", "span that something jumps back to", "async Task M(byte[] b) { await Task.Yield(); Span<byte> s = b; again: s.Clear(); if (store.Read(file, b, 0) > 0) { goto again; } }"),
        ("AC0019", "text that is passed on as it is built", "async Task M(byte[] b) { await Task.Yield(); string.Create(null, $\"{store.Read(file, b, 0)}\"); }"),
        ("AC0019", "target of a condition", "async Task M(byte[] b, int x, int y) { await Task.Yield(); (x > 0 ? ref x : ref y) = store.Read(file, b, 0); }"),
        ("AC0019", "condition of a target", "async Task M(byte[] b, int x, int y) { await Task.Yield(); (store.Read(file, b, 0) > 0 ? ref x : ref y) = 1; }"),
        ("AC0019", "targets that a method refers to", "async Task M(byte[] b) { await Task.Yield(); (First(b), b[0]) = (store.Read(file, b, 0), 1); static ref int First(byte[] b) => ref (new int[1])[0]; }"),
        ("AC0019", "method of a span", "async Task M(byte[] b) { await Task.Yield(); b.AsSpan().Slice(store.Read(file, b, 0)).Clear(); }"),

        ("AC0020", "enumerated", "async Task M(LeasedBufferPool p) { await foreach (LeasedBuffer b in Store.readAsync(file, p)) { b.Dispose(); } }"),
        ("AC0020", "awaited", "async Task M(byte[] b) { await store.ReadAsync(file, b, 0); }"),
        ("AC0020", "returned", "ValueTask<int> M(byte[] b) => store.ReadAsync(file, b, 0);"),
        ("AC0020", "passed on", "void M(byte[] b) => Use(store.ReadAsync(file, b, 0).AsTask());"),
        ("AC0020", "discarded on purpose", "void M(byte[] b) => _ = store.ReadAsync(file, b, 0);"),
        ("AC0020", "kept in a field", "ValueTask<int> _t; void M(byte[] b) => _t = store.ReadAsync(file, b, 0);"),
        ("AC0020", "configured", "async Task M(byte[] b) { await store.ReadAsync(file, b, 0).ConfigureAwait(false); }"),
        ("AC0020", "variable that is awaited", "async Task M(byte[] b) { var t = store.ReadAsync(file, b, 0); await t; }"),

        ("AC0021", "task", "async Task M() { var t = Store.CountAsync(\"\").AsTask(); await t; await t; }"),
        ("AC0021", "preserved", "async Task M() { var t = Store.CountAsync(\"\").Preserve(); await t; await t; }"),
        ("AC0021", "one of two branches", "async Task M(bool c) { var t = Store.CountAsync(\"\"); if (c) { await t; } else { await t; } }"),
        ("AC0021", "first of two branches before", "async Task M(bool c) { var t = Store.CountAsync(\"\"); if (c) { await t; } else { await Task.Yield(); } await t; }"),
        ("AC0021", "second of two branches before", "async Task M(bool c) { var t = Store.CountAsync(\"\"); if (c) { await Task.Yield(); } else { await t; } await t; }"),
        ("AC0021", "branch that returns", "async Task<int> M(bool c) { var t = Store.CountAsync(\"\"); if (c) { return await t; } return await t + 1; }"),
        ("AC0021", "assigned again", "async Task M() { var t = Store.CountAsync(\"\"); await t; t = Store.CountAsync(\"\"); await t; }"),
        ("AC0021", "in a loop", "async Task M() { for (int i = 0; i < 9; i++) { var t = Store.CountAsync(\"\"); await t; } }"),
        ("AC0021", "in a handler", "async Task M() { var t = Store.CountAsync(\"\"); try { await Task.Yield(); await t; } catch (IOException) { await t; } }"),
        ("AC0021", "shared with a lambda", "async Task M() { var t = Store.CountAsync(\"\"); Func<Task> f = async () => await t; await f(); }"),
        ("AC0021", "assigned again by a lambda", "async Task M() { var t = Store.CountAsync(\"\"); Action again = () => t = Store.CountAsync(\"\"); await t; again(); await t; }"),

        ("AC0022", "awaited on the first of two branches", "async Task M(bool c, byte[] b) { var t = store.ReadAsync(file, b, 0); if (c) { await t; } else { await Task.Yield(); } b[0] = 1; }"),
        ("AC0022", "awaited on the second of two branches", "async Task M(bool c, byte[] b) { var t = store.ReadAsync(file, b, 0); if (c) { await Task.Yield(); } else { await t; } b[0] = 1; }"),
        ("AC0022", "assigned again by a lambda", "async Task M(byte[] b) { Action again = () => b = new byte[9]; var t = store.ReadAsync(file, b, 0); again(); b[0] = 1; await t; }"),
        ("AC0022", "written before", "async Task M(byte[] b) { b[0] = 1; var t = store.WriteAsync(file, b, 0); await t; }"),
        ("AC0022", "written after", "async Task M(byte[] b) { var t = store.WriteAsync(file, b, 0); await t; b[0] = 1; }"),
        ("AC0022", "another buffer", "async Task M(byte[] b, byte[] c) { var t = store.ReadAsync(file, b, 0); c[0] = 1; await t; }"),
        ("AC0022", "another part", "async Task M(byte[] b) { var t = store.ReadAsync(file, b.AsMemory(0, 4), 0); b[9] = 1; await t; }"),
        ("AC0022", "two reads into two parts", "async Task M(byte[] b) { var t = store.ReadAsync(file, b.AsMemory(0, 4), 0); var u = store.ReadAsync(file, b.AsMemory(4), 4); await t; await u; }"),
        ("AC0022", "two writes of one", "async Task M(byte[] b) { var t = store.WriteAsync(file, b, 0); var u = store.WriteAsync(file, b, 9); await t; await u; }"),
        ("AC0022", "new buffer", "async Task M(byte[] b) { var t = store.ReadAsync(file, b, 0); b = new byte[9]; b[0] = 1; await t; }"),
        ("AC0022", "returned to the pool in finally, awaited", "async Task<int> M(System.Buffers.ArrayPool<byte> p) { byte[] b = p.Rent(9); try { return await store.ReadAsync(file, b, 0); } finally { p.Return(b); } }"),
        ("AC0022", "owner disposed by using, awaited", "async Task<int> M() { using System.Buffers.IMemoryOwner<byte> o = System.Buffers.MemoryPool<byte>.Shared.Rent(9); var t = store.ReadAsync(file, o.Memory, 0); return await t; }"),
        ("AC0022", "awaited in finally", "async Task M(byte[] b) { var t = store.ReadAsync(file, b, 0); try { await Task.Yield(); } finally { await t; } b[0] = 1; }"),
        ("AC0022", "asked whether it has completed", "async Task M(byte[] b) { var t = store.ReadAsync(file, b, 0); if (t.IsCompletedSuccessfully) { b[0] = 1; } await t; }"),
        ("AC0022", "completed with others", "async Task M(byte[] b) { Task t = store.ReadAsync(file, b, 0).AsTask(); await Task.WhenAll(t); b[0] = 1; }"),

        ("AC0023", "result of another task", "int M(Task<int> t) => t.Result;"),
        ("AC0023", "asked before", "async ValueTask<int> M(byte[] b) { var t = store.ReadAsync(file, b, 0); return t.IsCompletedSuccessfully ? t.Result : await t; }"),
        ("AC0023", "after await", "async Task<int> M(byte[] b) { var t = store.ReadAsync(file, b, 0).AsTask(); await t; return t.Result; }"),
        ("AC0023", "awaiter that is kept", "object M(byte[] b) => store.ReadAsync(file, b, 0).GetAwaiter();"),
        ("AC0023", "wait with a limit", "void M(byte[] b) => store.WriteAsync(file, b, 0).AsTask().Wait(9);"),
        ("AC0023", "result of something else", "int M() => new Other().Result;"),
        ("AC0023", "after all have completed", "async Task<int> M(byte[] b) { var t = store.ReadAsync(file, b, 0).AsTask(); await Task.WhenAll(t); return t.Result; }"),

        ("AC0024", "not async", "int M() { Span<byte> b = stackalloc byte[9]; return store.Read(file, b, 0); }"),
        ("AC0024", "not for a twin", "async Task M() { await Task.Yield(); Span<byte> b = stackalloc byte[9]; b.Clear(); RandomAccess.Read(file, b, 0); }"),
        ("AC0024", "array", "async Task M() { byte[] b = new byte[9]; await store.ReadAsync(file, b, 0); }"),
        ("AC0024", "in a function that is not async", "async Task M() { await Task.Yield(); L(); void L() { Span<byte> b = stackalloc byte[9]; store.Read(file, b, 0); } }"),
        ("AC0024", "span of a method", "async Task M() { await Task.Yield(); Span<byte> b = Any(); store.Read(file, b, 0); }"),
    ];

    /// <summary>A type with that method, beside the twins.</summary>
    public static string InUser(string method) => Store + $$"""

        public class Other { public int Result => 1; }
        public class User(Store store, SafeFileHandle file)
        {
            {{Here}}
            public {{method}}
            private static void Use(Task t) { _ = t; }
            private static Span<byte> Any() => default;
            public void Keep() { _ = store; _ = file; Use(Task.CompletedTask); Any(); }
        }
        """;
}
