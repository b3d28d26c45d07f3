using System.Diagnostics;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Waits for conditions, never for time: each wait ends when its condition holds, and fails the test when it never does.</summary>
internal static class Bounded
{
    /// <summary>Far above what anything here takes, on a loaded machine too.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    public static void Until(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        var spinner = new SpinWait();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, $"It never came to be that {what}.");
            spinner.SpinOnce(sleep1Threshold: 100);
        }
    }

    /// <summary>As <see cref="Until"/>, and looks again at once: for moments that are short.</summary>
    public static void Spin(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, $"It never came to be that {what}.");
        }
    }

    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, $"It never came to be that {what}.");
            await Task.Delay(1);
        }
    }

    /// <summary>The end of a task, which fails the test instead of hanging it.</summary>
    public static Task Bound(this Task task) => task.WaitAsync(Limit);

    /// <inheritdoc cref="Bound(Task)"/>
    public static Task<T> Bound<T>(this Task<T> task) => task.WaitAsync(Limit);

    /// <inheritdoc cref="Bound(Task)"/>
    public static Task Bound(this ValueTask task) => task.AsTask().WaitAsync(Limit);

    /// <inheritdoc cref="Bound(Task)"/>
    public static Task<T> Bound<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limit);

    /// <summary>Runs a body on threads of its own and waits for all; the first exception fails the test.</summary>
    public static void OnThreads(int count, Action<int> body)
    {
        var failures = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
        Thread[] threads = [.. Enumerable.Range(0, count).Select(number => new Thread(() =>
        {
            try
            {
                body(number);
            }
            catch (Exception exception)
            {
                failures.Enqueue(exception);
            }
        }) { IsBackground = true })];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        foreach (Thread thread in threads)
        {
            Assert.True(thread.Join(Limit), "A thread of the test did not end.");
        }

        Assert.Empty(failures);
    }
}
