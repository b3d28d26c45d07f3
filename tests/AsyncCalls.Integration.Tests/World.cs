using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Integration.Tests;

/// <summary>
/// A folder, files and descriptors that one call has for itself. The original and the twin run in worlds that were made alike,
/// and <see cref="Describe()"/> tells what a call has changed in its own.
/// </summary>
internal sealed class World : IDisposable
{
    public const string ReadWrite = "read-write";
    public const string Closed = "closed";
    public const int Start = 11;

    /// <summary>Every kind of handle that a call may be given; no call on one of them blocks.</summary>
    public static readonly string[] Kinds =
    [
        ReadWrite, "read-only", "write-only", "append", "direct", "directory", "/dev/full", "/dev/zero", "/proc/self/comm",
        "pipe with data", "pipe without data", "pipe without writer", "pipe to write", "pipe without reader",
        Closed, "invalid", "not open",
    ];

    private readonly List<SafeFileHandle> _handles = [];
    private readonly List<(SafeFileHandle Handle, bool Drain)> _observed = [];

    private string? _folder;

    /// <summary>Made with the file in it when a call needs it first: most do not.</summary>
    public string Folder
    {
        get
        {
            if (_folder is null)
            {
                _folder = Directory.CreateTempSubdirectory("twins").FullName;
                File.WriteAllBytes(Data, [.. Enumerable.Range(0, 100).Select(i => (byte)(i + 1))]);
            }

            return _folder;
        }
    }

    public string Data => Path.Combine(Folder, "data");

    /// <summary>Memory for the call: what a read leaves there is compared, and it is what a write writes.</summary>
    public byte[] Buffer { get; } = [.. Enumerable.Range(0, 40).Select(i => (byte)(200 - i))];

    /// <summary>Memory for <c>struct statx</c>, which has times in it and so is not compared.</summary>
    public byte[] Stat { get; } = new byte[256];

    /// <summary>What a body has done, for calls that return nothing.</summary>
    public List<string> Notes { get; } = [];

    public SafeFileHandle Handle(string kind)
    {
        SafeFileHandle handle = kind switch
        {
            ReadWrite => Observe(Open(Data, Libc.ReadWrite)),
            "read-only" => Observe(Open(Data, Libc.ReadOnly)),
            "write-only" => Observe(Open(Data, Libc.WriteOnly)),
            "append" => Observe(Open(Data, Libc.ReadWrite | Libc.Append)),
            "direct" => Observe(Open(Data, Libc.ReadWrite | Libc.Direct)),
            "directory" => Open(Folder, Libc.ReadOnly),
            "/dev/full" or "/dev/zero" => Open(kind, Libc.ReadWrite),
            "/proc/self/comm" => Open(kind, Libc.ReadOnly),
            "invalid" => new SafeFileHandle(-1, ownsHandle: false),
            "not open" => new SafeFileHandle(99_999, ownsHandle: false),
            Closed => Open("/dev/null", Libc.ReadWrite),
            _ => Pipe(kind),
        };
        if (kind == Closed)
        {
            handle.Dispose();
        }

        return handle;
    }

    /// <summary>The number of a handle, which the world keeps open.</summary>
    public int Number(string kind) => (int)Handle(kind).DangerousGetHandle();

    public SafeFileHandle Open(string path, int flags)
    {
        var handle = new SafeFileHandle(Libc.open(path, flags | Libc.CloseOnExec, 0), ownsHandle: true);
        _handles.Add(handle);
        return handle;
    }

    /// <summary>Keeps a handle open until the end.</summary>
    public SafeFileHandle Keep(SafeFileHandle handle)
    {
        _handles.Add(handle);
        return handle;
    }

    /// <summary>What there is now, without the name of the folder.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        text.Append("buffer ").AppendLine(Convert.ToHexString(Buffer));
        foreach (string note in Notes)
        {
            text.AppendLine(note);
        }

        foreach ((SafeFileHandle handle, bool drain) in _observed)
        {
            if (handle.IsClosed)
            {
                continue;
            }

            byte[] content = new byte[200];
            text.AppendLine(drain
                ? $"in the pipe {Libc.read(handle, content, (nuint)content.Length)} {Convert.ToHexString(content)}"
                : $"position {Libc.lseek(handle, 0, 1)}");
        }

        foreach (string path in _folder is null ? Array.Empty<string>() : (IEnumerable<string>)Directory.GetFileSystemEntries(_folder).Order(StringComparer.Ordinal))
        {
            // Not by the class library, whose locks are part of what is tested.
            byte[] content = new byte[8_000];
            using var file = new SafeFileHandle(Libc.open(path, Libc.ReadOnly | Libc.CloseOnExec, 0), ownsHandle: true);
            int length = Math.Max(0, (int)Libc.read(file, content, (nuint)content.Length));
            text.AppendLine($"{Path.GetFileName(path)} {ModeOf(path)} {(File.Exists(path) ? new FileInfo(path).Length : -1)} {Convert.ToHexString(content.AsSpan(0, length)).TrimEnd('0')}");
        }

        return text.ToString();
    }

    /// <summary>A result in words; a handle in what it is open for, and it is closed.</summary>
    public string Describe(object? result)
    {
        switch (result)
        {
            case SafeFileHandle { IsInvalid: true }:
                return "an invalid handle";
            case SafeFileHandle handle:
                using (handle)
                {
                    return $"a handle, async {handle.IsAsync}, {Describe((int)handle.DangerousGetHandle())}";
                }

            case Descriptor { Number: < 0 } failed:
                return $"no descriptor: {failed.Number}";
            case Descriptor opened:
                using (var owner = new SafeFileHandle(opened.Number, ownsHandle: true))
                {
                    return Describe(opened.Number);
                }

            default:
                return string.Create(CultureInfo.InvariantCulture, $"{result?.GetType().Name ?? "null"} {result}");
        }
    }

    public string Normalize(string text) => _folder is null ? text : text.Replace(_folder, "~", StringComparison.Ordinal);

    public void Dispose()
    {
        foreach (SafeFileHandle handle in _handles)
        {
            handle.Dispose();
        }

        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static UnixFileMode ModeOf(string path) => OperatingSystem.IsWindows() ? throw new PlatformNotSupportedException() : File.GetUnixFileMode(path);

    private string Describe(int fd)
    {
        string link = Normalize(new FileInfo($"/proc/self/fd/{fd}").LinkTarget ?? "nothing");
        return $"{link}, flags 0x{Libc.fcntl(fd, Libc.GetStatusFlags, 0):x}, descriptor flags {Libc.fcntl(fd, Libc.GetDescriptorFlags, 0)}";
    }

    private SafeFileHandle Observe(SafeFileHandle handle)
    {
        if (!handle.IsInvalid)
        {
            Assert.Equal(Start, Libc.lseek(handle, Start, 0));
            _observed.Add((handle, false));
        }

        return handle;
    }

    private unsafe SafeFileHandle Pipe(string kind)
    {
        int* ends = stackalloc int[2];
        Assert.Equal(0, Libc.pipe2(ends, Libc.NonBlock | Libc.CloseOnExec));
        var reader = new SafeFileHandle(ends[0], ownsHandle: true);
        var writer = new SafeFileHandle(ends[1], ownsHandle: true);
        _handles.AddRange([reader, writer]);
        switch (kind)
        {
            case "pipe with data":
                Assert.Equal(7, Libc.write(writer, [1, 2, 3, 4, 5, 6, 7], 7));
                return reader;
            case "pipe without data":
                return reader;
            case "pipe without writer":
                writer.Dispose();
                return reader;
            case "pipe without reader":
                reader.Dispose();
                return writer;
            default:
                Assert.Equal("pipe to write", kind);
                _observed.Add((reader, true));
                return writer;
        }
    }
}

/// <summary>The number that open(2) gave: numbers differ between worlds, what they are open for does not.</summary>
internal readonly record struct Descriptor(int Number);

/// <summary>What the tests themselves need of the system.</summary>
internal static unsafe partial class Libc
{
    public const int ReadOnly = 0;
    public const int WriteOnly = 1;
    public const int ReadWrite = 2;
    public const int Create = 0x40;
    public const int Exclusive = 0x80;
    public const int Truncate = 0x200;
    public const int Append = 0x400;
    public const int NonBlock = 0x800;
    public const int CloseOnExec = 0x80000;
    public const int GetDescriptorFlags = 1;
    public const int GetStatusFlags = 3;

    /// <summary>O_DIRECT and O_DIRECTORY have each other's value on arm64.</summary>
    public static readonly int Direct = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    public static readonly int DirectoryOnly = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(SafeFileHandle fd, Span<byte> buf, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(SafeFileHandle fd, ReadOnlySpan<byte> buf, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial long lseek(SafeFileHandle fd, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe2(int* ends, int flags);
}
