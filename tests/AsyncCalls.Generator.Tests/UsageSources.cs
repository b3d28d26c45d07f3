namespace AsyncCalls.Generator.Tests;

/// <summary>Methods as people write them, longer than the cases of one rule.</summary>
internal static class UsageSources
{
    private const string User = "public class User(Store store, SafeFileHandle file, byte[] field) { private byte[] _own = new byte[9]; private Memory<byte> _memory; private int _number; ";

    /// <summary>Correct: nothing is reported.</summary>
    public static readonly string[] Correct =
    [
        "async Task M(byte[] b, CancellationToken t) { for (int i = 0; i < 3; i++) { int n = await store.ReadAsync(file, b, i, t).ConfigureAwait(false); b[0] = (byte)n; } }",
        "async Task M(byte[] b) { Task<int>[] all = [store.ReadAsync(file, b.AsMemory(0, 4), 0).AsTask(), store.ReadAsync(file, b.AsMemory(4), 4).AsTask()]; await Task.WhenAll(all); b[0] = 1; }",
        "async Task M() { byte[] b = System.Buffers.ArrayPool<byte>.Shared.Rent(10); try { await store.ReadAsync(file, b, 0); } finally { System.Buffers.ArrayPool<byte>.Shared.Return(b); } }",
        "async Task M() { var tasks = new List<Task<int>>(); for (int i = 0; i < 4; i++) { var b = new byte[4]; tasks.Add(store.ReadAsync(file, b, i).AsTask()); } foreach (var t in tasks) { await t; } }",
        "async Task M(byte[] b) { ValueTask<int> v = store.ReadAsync(file, b, 0); int n = v.IsCompletedSuccessfully ? v.Result : await v; }",
        "async Task M(byte[] b) { ValueTask<int> v = store.ReadAsync(file, b, 0); if (v.IsCompleted) { _number = v.GetAwaiter().GetResult(); } else { _number = await v; } }",
        "async Task M(byte[] b) { try { await store.WriteAsync(file, b, 0); } catch (IOException) { b[0] = 2; await store.WriteAsync(file, b, 0); } b[1] = 1; }",
        "async Task M(byte[] a, byte[] b) { ValueTask<int> next = store.ReadAsync(file, a, 0); for (int i = 1; i < 4; i++) { int n = await next; (a, b) = (b, a); next = store.ReadAsync(file, a, i); b[0]++; } await next; }",
        "async Task M(byte[] b) { using var c = new CancellationTokenSource(); var v = store.ReadAsync(file, b, 0, c.Token); c.Cancel(); try { await v; } catch (OperationCanceledException) { } b[0] = 1; }",
        "async IAsyncEnumerable<int> M(byte[] b) { while (await store.ReadAsync(file, b, 0) > 0) { yield return b[0]; } }",
        "async Task M(byte[] b) { _ = store.ReadAsync(file, b, 0).AsTask().ContinueWith(t => t.Exception, TaskScheduler.Default); await Task.Yield(); }",
        "async Task M(byte[] b) { var p = store.ReadAsync(file, b, 0).Preserve(); await p; await p; int r = p.Result; }",
        "async Task M() { await store.WriteAsync(file, _own, 0); _own[0] = 1; _own = new byte[3]; await store.WriteAsync(file, _own, 0); }",
        "async Task M(byte[] b) { ValueTask v = store.WriteAsync(file, b, 0); byte first = b[0]; await v; }",
        "async Task M(bool c, byte[] b) { ValueTask<int> v; if (c) { v = store.ReadAsync(file, b, 0); } else { v = new ValueTask<int>(1); } await v; b[0] = 1; }",
        "async Task M() { await Parallel.ForEachAsync(new[] { 1, 2 }, async (i, t) => { var own = new byte[3]; await store.ReadAsync(file, own, i, t); }); }",
        "async Task M(byte[] b) { switch (await store.ReadAsync(file, b, 0)) { case 0: return; case > 3: b[0] = 1; break; } }",
        "void M(byte[] b) { store.Read(file, b, 0); Task.Run(() => store.Read(file, b, 1)); }",
        "async Task M(byte[] b) { ValueTask<int> v = store.ReadAsync(file, b, 0); try { b = new byte[3]; b[0] = 1; } finally { await v; } }",
    ];

    /// <summary>What is reported is mended, as far as there are fixes, and compiles after each of them.</summary>
    public static readonly string[] ToMend =
    [
        "async Task M(byte[] b, CancellationToken t) { await Task.Yield(); for (int i = 0; store.Read(file, b, i) > 0; i++) { if (store.Read(file, b, 1) is var n and > 3) { store.Write(file, b.AsSpan(0, n), 0); } } }",
        "async Task<int> M(byte[] b) { await Task.Yield(); try { return store.Read(file, b, 0); } catch (IOException) when (b.Length > 2) { return Store.Parse(\"abc\".AsSpan(1)); } finally { store.Write(file, b, 1); } }",
        "async Task M(byte[] b) { await Task.Yield(); int a = store.Read(file, b, 0), c = store.Read(file, b, 1); var t = (a, store.Read(file, b, 2)); string s = $\"{store.Read(file, b, 3):x}\"; }",
        "async Task<int> M() { await Task.Yield(); return Store.Sum(1, 2, 3) + Store.Sum([1]) + Store.Sum() + Store.Sum(new int[3]); }",
        "async Task<int> M(byte[] b) => await Task.FromResult(1) + store.Read(file: file, block: b, offset: 0) + store.Read(offset: 1, file: file, block: b);",
        "async Task M(byte[] b) { await Task.Yield(); int x = 0; x += store.Read(file, b, x); x = x switch { 0 => store.Read(file, b, 1), _ => Store.Count(\"\", default) }; while (x < store.Read(file, b, 2)) x++; do { } while (store.Read(file, b, 3) > 0); }",
        "async Task M(List<byte[]> all) { await Task.Yield(); foreach (var b in all) store.Write(file, b, 0); foreach (var b in all) { if (b.Length == 0) continue; else store.Write(file, b, 1); } }",
        "async Task M(Memory<byte> m, ReadOnlyMemory<byte> r) { await Task.Yield(); store.Read(file, m.Span, 0); store.Read(file, m.Span[2..], 0); store.Write(file, r.Span.Slice(1), 0); store.Write(file, m[1..].Span, 0); }",
        "async Task M() { await Task.Yield(); store.Read(file, stackalloc byte[4], 0); Span<byte> s = stackalloc byte[5]; store.Read(file, s, 0); store.Write(file, [1, 2], 0); store.Write(file, \"ab\"u8, 0); }",
        "async Task M() { await Task.Yield(); store.Read(file, _own, 0); store.Read(file, field, 0); store.Read(file, _memory.Span, 0); store.Read(file, new byte[3], 0); }",
        "async Task M(Store? s, byte[] b) { await Task.Yield(); s?.Read(file, b, 0); s!.Read(file, b, 1); (s ?? store).Read(file, b, 2); Get().Read(file, b, 3); } Store Get() => store;",
        "async Task M(byte[] b) { store.ReadAsync(file, b, 0); await Task.Yield(); store.WriteAsync(file, b, 1).ConfigureAwait(false); if (b.Length > 0) store.ReadAsync(file, b, 2); }",
        "async Task<int> M(byte[] b) { await Task.Yield(); int n = store.ReadAsync(file, b, 0).Result; store.WriteAsync(file, b, 0).GetAwaiter().GetResult(); return n; }",
        "async Task M(byte[] b) { var v = store.ReadAsync(file, b, 0); int a = await v; int c = await v; }",
        "async Task M(byte[] b) { ValueTask<int> v = store.ReadAsync(file, b, 0); ValueTask<int> w = store.ReadAsync(file, b, 1); await v; await w; }",
        "async Task M(byte[] b) { while (true) { var v = store.ReadAsync(file, b, 0); if (b[0] == 0) { b[1]++; } await v; } }",
        "void M() { Task.Run(async () => { await Task.Yield(); store.Read(file, new byte[3], 0); }); Action a = async () => { await Task.Yield(); store.Write(file, _own, 0); }; }",
        "async Task M(CancellationToken @event, byte[] b) { await Task.Yield(); Store.Count(\"a\", @event); Store.Count(token: @event, text: \"b\"); Store.Parse(b.Length.ToString()); }",
        "async Task M(byte[] b) { await Task.Yield(); void L() { store.Read(file, b, 0); } async Task K(CancellationToken u) { await Task.Yield(); store.Read(file, b, 1); } static async Task J(Store s, SafeFileHandle f) { await Task.Yield(); s.Read(f, new byte[1], 0); } }",
        "async Task M(byte[] b) { await Task.Yield(); Both(store.Read(file, b, 0), store.Read(file, b, 1)); Both(x: store.Read(file, b, 0), y: 1); void Both(int x, int y) { } b[store.Read(file, b, 5)] = (byte)store.Read(file, b, 6); }",
        "async Task<bool> M(byte[] b) { await Task.Yield(); return store.Read(file, b, 0) > 0 && store.Read(file, b, 1).ToString() is { Length: > 2 } s && !(store.Read(file, b, 2) == 3); }",
        "async Task M(byte[] b) { await Task.Yield(); using (var m = new MemoryStream(store.Read(file, b, 0))) { } int[] a = [store.Read(file, b, 0), .. new int[store.Read(file, b, 1)]]; var d = new Dictionary<int, int> { [store.Read(file, b, 2)] = store.Read(file, b, 3) }; }",
        "async Task M(byte[] b) { await Task.Yield(); _number = store.Read(file, b, 0); ref int r = ref _number; r = store.Read(file, b, 1); }",
    ];

    public static string InUser(string method) => UsageCases.Store + "\n" + User + method + " }";
}
