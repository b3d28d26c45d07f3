using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests;

/// <summary>Runs an original and its twin in worlds of their own, and requires that nothing tells them apart.</summary>
internal sealed class Agreement(Lane lane) : IAsyncDisposable
{
    /// <summary>No error number of the system: it shows who did not set one.</summary>
    private const int Unset = 4_242;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly List<string> _differences = [];

    public AsyncCallRuntime Runtime { get; } = lane.NewRuntime();

    /// <summary>How many pairs were compared, and how many of them failed on both sides.</summary>
    public (int All, int Failed) Compared { get; private set; }

    /// <summary>Ends the runtime, and fails the test with every pair that does not agree.</summary>
    public async ValueTask DisposeAsync()
    {
        await Runtime.DisposeAsync();
        Assert.True(_differences.Count == 0, $"{_differences.Count} of {Compared.All} differ:\n{string.Join('\n', _differences.Take(20))}");
    }

    /// <summary>An import: the error number is compared as well.</summary>
    public Task Import<T>(string what, Func<World, T> original, Func<World, ValueTask<T>> twin) => Compare(what, true, original, twin);

    /// <summary>An import that returns the number of a descriptor.</summary>
    public Task Opens(string what, Func<World, int> original, Func<World, ValueTask<int>> twin)
        => Compare(what, true, original, twin, static number => new Descriptor(number));

    /// <summary>An import on every kind of handle.</summary>
    public async Task ImportOnHandles<T>(string what, Func<SafeFileHandle, World, T> original, Func<SafeFileHandle, World, ValueTask<T>> twin)
    {
        foreach (string kind in World.Kinds)
        {
            await Import($"{what} on {kind}", world => original(world.Handle(kind), world), world => twin(world.Handle(kind), world));
        }
    }

    /// <summary>An import on the number of every kind of handle.</summary>
    public async Task ImportOnNumbers<T>(string what, Func<int, World, T> original, Func<int, World, ValueTask<T>> twin)
    {
        // The number of a handle that was closed may be another file's by now.
        foreach (string kind in World.Kinds.Where(kind => kind != World.Closed))
        {
            await Import($"{what} on the number of {kind}", world => original(world.Number(kind), world), world => twin(world.Number(kind), world));
        }
    }

    /// <summary>Any other method.</summary>
    public Task Method<T>(string what, Func<World, T> original, Func<World, ValueTask<T>> twin) => Compare(what, false, original, twin);

    /// <inheritdoc cref="Method{T}"/>
    public Task Method(string what, Action<World> original, Func<World, ValueTask> twin) => Method(
        what,
        world =>
        {
            original(world);
            return "void";
        },
        async world =>
        {
            await twin(world);
            return "void";
        });

    private async Task Compare<T>(string what, bool hasErrno, Func<World, T> original, Func<World, ValueTask<T>> twin, Func<T, object?>? meaning = null)
    {
        meaning ??= static result => result;
        using var expectedWorld = new World();
        using var actualWorld = new World();
        (string expected, bool failed) = await Outcome(expectedWorld, hasErrno, world => new ValueTask<T>(original(world)), meaning);

        // On a thread of the pool, where nothing brings the resumption back to a context: the error number is that thread's.
        (string actual, _) = await Task.Run(() => Outcome(actualWorld, hasErrno, twin, meaning)).WaitAsync(Limit);
        if (expected != actual)
        {
            _differences.Add($"{what} on {lane}:\nexpected {expected}\ngot      {actual}");
        }

        Compared = (Compared.All + 1, Compared.Failed + (failed ? 1 : 0));
    }

    private static async Task<(string Text, bool Failed)> Outcome<T>(World world, bool hasErrno, Func<World, ValueTask<T>> call, Func<T, object?> meaning)
    {
        string text;
        bool failed;
        try
        {
            Marshal.SetLastPInvokeError(Unset);
            T result = await call(world).ConfigureAwait(false);
            int errno = Marshal.GetLastPInvokeError();
            failed = hasErrno && errno != 0;
            text = world.Describe(meaning(result)) + (hasErrno ? string.Create(CultureInfo.InvariantCulture, $", errno {errno}") : "");
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            failed = true;
            text = Describe(exception);
        }

        return (world.Normalize($"{text}\n{world.Describe()}"), failed);
    }

    public static string Describe(Exception? exception) => exception is null
        ? "nothing"
        : $"{exception.GetType().FullName} 0x{exception.HResult:x} \"{exception.Message}\" of {(exception as ArgumentException)?.ParamName ?? "no parameter"}"
            + $" and file {(exception as FileNotFoundException)?.FileName ?? "none"} with {Describe(exception.InnerException)} inside";
}
