using System.Globalization;
using System.Runtime.InteropServices;
using Doctor.Interop;

namespace Doctor.Machine;

/// <summary>Looks at the machine: files below /proc, and two system calls that are tried.</summary>
internal static class Facts
{
    public const string AioMax = "fs.aio-max-nr";
    public const string AioUsed = "fs.aio-nr";
    public const string LinuxAio = "io_setup";
    public const string Seccomp = "seccomp";
    public const string OpenFiles = "RLIMIT_NOFILE";
    public const string LockedMemory = "RLIMIT_MEMLOCK";
    public const string IoUringDisabled = "kernel.io_uring_disabled";

    public static IReadOnlyList<Fact> Find() =>
    [
        new("kernel", $"{Read("/proc/sys/kernel/osrelease")} on {RuntimeInformation.ProcessArchitecture}", "what io_uring has"),
        new("runtime", RuntimeInformation.FrameworkDescription, ""),
        new("processors", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture), "the default number of workers"),
        Sysctl(IoUringDisabled, "0: everybody may use io_uring; 1: the group of kernel.io_uring_group; 2: nobody"),
        Sysctl("kernel.io_uring_group", "who may where the line above is 1"),
        new(Seccomp, SeccompMode(), "a filter may forbid system calls, and cannot be taken off"),
        new("epoll_create1", Libc.TryEpoll(), "readiness of streams"),
        new(LinuxAio, Libc.TryLinuxAio(), "asynchronous I/O of files with O_DIRECT without io_uring"),
        Sysctl(AioUsed, "events of Linux AIO that are set aside on this machine"),
        Sysctl(AioMax, "how many can be"),
        Limit(LockedMemory, "Max locked memory", "memory of io_uring (Linux up to 5.11, and again in 6.18), of fixed buffers and of rings that are locked"),
        Limit(OpenFiles, "Max open files", "open files, of which a ring takes two"),
        Limit("RLIMIT_NPROC", "Max processes", "worker threads"),
        Limit("RLIMIT_SIGPENDING", "Max pending signals", "interruption of workers"),
        Sysctl("vm.nr_hugepages", "rings in huge pages"),
        new("huge pages, transparent", Read("/sys/kernel/mm/transparent_hugepage/enabled"), ""),
    ];

    public static string ValueOf(this IReadOnlyList<Fact> facts, string name) => facts.First(fact => fact.Name == name).Value;

    private static Fact Sysctl(string name, string meaning) => new(name, Read("/proc/sys/" + name.Replace('.', '/')), meaning);

    private static Fact Limit(string name, string line, string meaning)
    {
        // "Max open files            1024                 524288               files     ": soft, hard, unit.
        string? found = Read("/proc/self/limits").Split('\n').FirstOrDefault(text => text.StartsWith(line, StringComparison.Ordinal));
        string[] parts = found?[line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return new(name, parts.Length < 2 ? "not told" : parts[0] == parts[1] ? parts[0] : $"{parts[0]} (up to {parts[1]})", meaning);
    }

    private static string SeccompMode()
    {
        string? mode = Read("/proc/self/status").Split('\n').FirstOrDefault(static line => line.StartsWith("Seccomp:", StringComparison.Ordinal))?["Seccomp:".Length..].Trim();
        return mode switch
        {
            "0" => "off",
            "1" => "strict",
            "2" => "a filter",
            _ => "not told",
        };
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "not there";
        }
    }
}
