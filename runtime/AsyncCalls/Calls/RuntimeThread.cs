using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>A thread of a runtime: in the background, named, without the flow of whoever happened to start it.</summary>
/// <remarks>
/// Two names. Debuggers show the managed one, <c>AsyncCalls worker 12</c>. The kernel (/proc, top, perf) keeps 15 characters, which would make all threads of a runtime the same: it is told
/// a shorter one, <c>AsyncCalls wo12</c>.
/// </remarks>
internal static class RuntimeThread
{
    /// <summary>TASK_COMM_LEN − 1.</summary>
    private const int KernelNameMax = 15;

    /// <summary>Starts a thread.</summary>
    /// <param name="runtime">The runtime.</param>
    /// <param name="role">What the thread does, in one word.</param>
    /// <param name="number">Which of those it is; 0 where there is one.</param>
    /// <param name="run">What it runs.</param>
    /// <exception cref="OutOfMemoryException">The system has no thread to give.</exception>
    public static void Start(RuntimeName runtime, string role, int number, Action run)
    {
        string kernelName = KernelName(runtime.Text, role, number);
        var thread = new Thread(() =>
        {
            CleanThread.Begin();
            if (!runtime.IsPortable)
            {
                Syscalls.NameThread(kernelName);
            }

            run();
        })
        {
            IsBackground = true,
            Name = number == 0 ? $"{runtime.Text} {role}" : $"{runtime.Text} {role} {number}",
        };
        thread.UnsafeStart();
    }

    /// <summary>
    /// The name that the kernel gets: the word is cut before the number is, and to no less than a letter. One runtime, the usual case, has room for 999 workers.
    /// </summary>
    internal static string KernelName(string runtime, string role, int number)
    {
        string after = number == 0 ? "" : number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        int room = Math.Max(1, KernelNameMax - runtime.Length - 1 - after.Length);
        string name = $"{runtime} {role[..Math.Min(role.Length, room)]}{after}";
        return name.Length > KernelNameMax ? name[..KernelNameMax] : name;
    }
}
