using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AsyncCalls.Runtime.Tests.Faults;

/// <summary>mount(2) and umount2(2), for file systems that a test has for itself.</summary>
internal static partial class Mounts
{
    private const int Lazily = 2; // MNT_DETACH

    /// <summary>Unmounts, which the kernel refuses as long as any descriptor of the file system is open: so it also shows that none was leaked.</summary>
    public static void Unmount(string folder)
        => Bounded.Until(() => umount2(folder, 0) == 0, $"{folder} could be unmounted: something still has a file open there (errno {Marshal.GetLastPInvokeError()})");

    /// <summary>Takes the file system out of sight, whoever still uses it. For cleaning up: it may be gone already.</summary>
    public static void Detach(string folder) => _ = umount2(folder, Lazily);

    /// <summary>A file system in memory of that size. The test is skipped where it cannot be mounted.</summary>
    public static void MountTmpfs(string folder, int bytes)
    {
        if (mount("tmpfs", folder, "tmpfs", 0, $"size={bytes}") != 0)
        {
            Assert.Skip($"tmpfs cannot be mounted here: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>An ext4 file system in a file. The test is skipped where there are no tools for it, or no loop devices.</summary>
    public static void MountExt4(string folder, string image, int bytes)
    {
        using (FileStream file = File.Create(image))
        {
            file.SetLength(bytes);
        }

        Run("mkfs.ext4", "-q", "-F", "-O", "^has_journal", image);
        Run("mount", "-o", "loop", image, folder);
    }

    private static void Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            string errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.SkipUnless(process.ExitCode == 0, $"There can be no ext4 here: {program}: {errors}");
        }
        catch (Win32Exception exception)
        {
            Assert.Skip($"There can be no ext4 here: {program}: {exception.Message}");
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, nuint flags, string data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);
}
