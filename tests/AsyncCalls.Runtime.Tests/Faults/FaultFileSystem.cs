using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests.Faults;

/// <summary>The program behind the file system that fails on purpose (<c>faultfs.c</c>), compiled once for all tests that mount it.</summary>
[CollectionDefinition(Name)]
public sealed class FaultProgram : ICollectionFixture<FaultProgram>, IDisposable
{
    public const string Name = "file system that fails";

    private readonly Lazy<CProgram> _program = new(Compile);

    /// <summary>Mounts it for one test, which is skipped where that is not possible.</summary>
    internal FaultFileSystem Mount() => FaultFileSystem.Mount(_program.Value);

    public void Dispose()
    {
        if (_program.IsValueCreated)
        {
            _program.Value.Dispose();
        }
    }

    private static CProgram Compile()
    {
        Assert.SkipUnless(File.Exists("/dev/fuse"), "This machine has no FUSE.");
        Assert.SkipUnless(File.Exists("/usr/include/fuse3/fuse_lowlevel.h"), "libfuse 3 is not installed for development (libfuse3-dev).");
        return CProgram.CompileFile("tests/AsyncCalls.Runtime.Tests/Faults/faultfs.c", "fuse3");
    }
}

/// <summary>
/// A mounted file system whose files fail as their names say; <c>faultfs.c</c> has the grammar. Whatever happens, it is unmounted: by <see cref="Dispose"/>, or by its program
/// when this process ends.
/// </summary>
internal sealed class FaultFileSystem : IDisposable
{
    private readonly string _folder;
    private readonly Process _program;

    private FaultFileSystem(string folder, Process program)
    {
        _folder = folder;
        _program = program;
    }

    public static FaultFileSystem Mount(CProgram program)
    {
        string folder = Directory.CreateTempSubdirectory("asynccalls-fault-").FullName;
        Process process = Process.Start(new ProcessStartInfo(program.Path, [folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var mounted = new FaultFileSystem(folder, process);
        string? first = mounted.NextLine();
        if (first != "mounted")
        {
            string errors = process.StandardError.ReadToEnd();
            mounted.Dispose();
            Assert.Skip($"A FUSE file system cannot be mounted here: {errors}");
        }

        return mounted;
    }

    /// <summary>The path of a file, which is there.</summary>
    public string this[string name] => Path.Combine(_folder, name);

    public SafeFileHandle Open(string name, int flags = Native.ReadWrite)
    {
        SafeFileHandle file = Native.OpenFile(this[name], flags);
        Assert.False(file.IsInvalid, $"{name} cannot be opened.");
        return file;
    }

    /// <summary>Waits until the file system says that it holds so many more requests.</summary>
    public void ExpectHeld(int count = 1) => Expect("held", count);

    /// <summary>Waits until the file system has been told that so many more requests are to be interrupted.</summary>
    public void ExpectInterrupted(int count = 1) => Expect("interrupted", count);

    /// <summary>Does what the held requests ask for.</summary>
    public void Release() => _program.StandardInput.WriteLine("release");

    /// <summary>Ends the program at once: all requests fail, as they do when a file server crashes.</summary>
    public void Kill()
    {
        _program.Kill();
        _program.WaitForExit();
    }

    /// <summary>Fails the test if any descriptor of the file system is still open.</summary>
    public void AssertNothingIsOpen() => Mounts.Unmount(_folder);

    public void Dispose()
    {
        Mounts.Detach(_folder);
        if (!_program.HasExited)
        {
            _program.Kill();
        }

        _program.Dispose();
        Directory.Delete(_folder);
    }

    private void Expect(string what, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(what, NextLine());
        }
    }

    private string? NextLine()
    {
        Task<string?> line = _program.StandardOutput.ReadLineAsync();
        Assert.True(line.Wait(Bounded.Limit), "The file system says nothing.");
        return line.Result;
    }
}
