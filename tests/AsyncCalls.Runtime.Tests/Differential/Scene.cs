using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Runtime.Tests.Differential;

/// <summary>
/// A folder, descriptors and memory that one call has for itself. The plain call and its subjects run in scenes that were made alike, and <see cref="Describe"/> tells what a call has changed.
/// </summary>
internal sealed unsafe class Scene : IDisposable
{
    private const int ArenaBytes = 1 << 16;

    private readonly List<int> _open = [];
    private readonly List<(string Name, int Fd)> _named = [];
    private readonly List<Func<string>> _notes = [];
    private readonly byte* _arena = (byte*)NativeMemory.AlignedAlloc(ArenaBytes, 4_096);
    private int _used;

    public Scene()
    {
        NativeMemory.Clear(_arena, ArenaBytes);
        Folder = Directory.CreateTempSubdirectory("scene").FullName;
        File.WriteAllBytes(In("data"), [.. Enumerable.Range(0, 100).Select(i => (byte)(i + 1))]);
        Directory.CreateDirectory(In("full"));
        File.WriteAllText(In("full/inside"), "inside");
        File.CreateSymbolicLink(In("link"), "data");
    }

    public string Folder { get; }

    public string In(string name) => Path.Combine(Folder, name);

    /// <summary>Memory that is zero.</summary>
    public byte* Memory(int bytes)
    {
        byte* memory = _arena + _used;
        _used += (bytes + 63) & ~63;
        Assert.True(_used <= ArenaBytes);
        return memory;
    }

    /// <summary>Memory that the call may write to, which is compared.</summary>
    public byte* Out(int bytes)
    {
        byte* memory = Memory(bytes);
        nint address = (nint)memory;
        Note(() => "memory " + Convert.ToHexString(new ReadOnlySpan<byte>((void*)address, bytes)));
        return memory;
    }

    /// <summary>Whole pages that the call may write to.</summary>
    public byte* Pages(int bytes)
    {
        _used = (_used + 4_095) & ~4_095;
        byte* memory = Out(bytes);
        new Span<byte>(memory, bytes).Fill(7);
        return memory;
    }

    /// <summary>An array of struct iovec over whole pages.</summary>
    public byte* PageVectors(params int[] lengths)
    {
        byte* array = Memory(16 * lengths.Length);
        for (int i = 0; i < lengths.Length; i++)
        {
            ((nint*)array)[2 * i] = (nint)Pages(lengths[i]);
            ((nint*)array)[(2 * i) + 1] = lengths[i];
        }

        return array;
    }

    public byte* Bytes(ReadOnlySpan<byte> bytes)
    {
        byte* memory = Memory(bytes.Length);
        bytes.CopyTo(new Span<byte>(memory, bytes.Length));
        return memory;
    }

    /// <summary>A text with its zero byte; a path that starts with ~ is in the folder.</summary>
    public byte* Text(string text) => Bytes(Encoding.UTF8.GetBytes((text.StartsWith('~') ? Folder + text[1..] : text) + '\0'));

    /// <summary>An array of struct iovec over memory that is compared.</summary>
    public byte* Vectors(params int[] lengths)
    {
        byte* array = Memory(16 * lengths.Length);
        for (int i = 0; i < lengths.Length; i++)
        {
            byte* part = Out(lengths[i]);
            new Span<byte>(part, lengths[i]).Fill((byte)(i + 60));
            ((nint*)array)[2 * i] = (nint)part;
            ((nint*)array)[(2 * i) + 1] = lengths[i];
        }

        return array;
    }

    public void Note(Func<string> note) => _notes.Add(note);

    /// <summary>A descriptor by what it is. No read, write or description of one blocks.</summary>
    public int Fd(string kind)
    {
        int fd = kind switch
        {
            "file" => Open("data", Native.ReadWrite),
            "read-only" => Open("data", Native.ReadOnly),
            "write-only" => Open("data", Native.WriteOnly),
            "append" => Open("data", Native.ReadWrite | 0x400),
            "direct" => Open("data", Native.ReadWrite | Syscalls.Direct),
            "directory" => Open(".", Native.ReadOnly),
            "null device" => Keep(Native.open("/dev/null", Native.ReadWrite | Native.CloseOnExec, 0)),
            "epoll" => Keep(Libc.epoll_create1(0)),
            "missing" => 99_999,
            "negative" => -1,
            _ => Made(kind),
        };
        _named.Add((kind, fd));
        return fd;
    }

    public int Keep(int fd)
    {
        Assert.True(fd >= 0, $"errno {Marshal.GetLastPInvokeError()}");
        _open.Add(fd);
        return fd;
    }

    /// <summary>Closes a descriptor that was kept, before the others.</summary>
    public void Close(int fd)
    {
        Assert.True(_open.Remove(fd), "It is not this scene's.");
        Assert.Equal(0, Native.close(fd));
    }

    /// <summary>What there is now, without the names of this scene alone.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        foreach (Func<string> note in _notes)
        {
            text.AppendLine(note());
        }

        foreach ((string name, int fd) in _named)
        {
            long position = Libc.lseek(fd, 0, 1);
            int waiting = 0;
            bool told = Libc.ioctl(fd, Libc.BytesToRead, &waiting) == 0;
            text.AppendLine(CultureInfo.InvariantCulture, $"{name}: position {position}, waiting {(told ? waiting : -1)}");
        }

        foreach (string path in Directory.GetFileSystemEntries(Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var info = new FileInfo(path);
            string content = info.LinkTarget ?? ((info.Attributes & FileAttributes.Directory) != 0 ? "directory" : "");
            if (content.Length == 0 && info.Length is > 0 and < 10_000 && info.UnixFileMode.HasFlag(UnixFileMode.UserRead))
            {
                byte[] bytes = File.ReadAllBytes(path);
                content = Convert.ToHexString(bytes).TrimEnd('0');
            }

            long length = (info.Attributes & FileAttributes.Directory) != 0 ? 0 : info.Length;
            text.AppendLine(CultureInfo.InvariantCulture, $"{Path.GetRelativePath(Folder, path)} {info.UnixFileMode} {length} {content}");
        }

        return text.ToString().Replace(Folder, "~", StringComparison.Ordinal);
    }

    /// <summary>What a descriptor that a call gave is open for; it is closed.</summary>
    public string DescribeOpened(int fd)
    {
        string link = new FileInfo($"/proc/self/fd/{fd}").LinkTarget ?? "nothing";
        link = link.Contains(":[", StringComparison.Ordinal) ? link[..link.IndexOf(':', StringComparison.Ordinal)] : link;
        string text = $"{link.Replace(Folder, "~", StringComparison.Ordinal)} flags 0x{Native.fcntl(fd, 3, 0):x} descriptor flags {Native.fcntl(fd, 1, 0)}";
        Assert.Equal(0, Native.close(fd));
        return text;
    }

    public void Dispose()
    {
        foreach (int fd in _open)
        {
            _ = Native.close(fd);
        }

        NativeMemory.AlignedFree(_arena);
        Directory.Delete(Folder, recursive: true);
    }

    private int Open(string name, int flags) => Keep(Native.open(In(name), flags | Native.CloseOnExec, 0));

    private int Made(string kind)
    {
        int* ends = stackalloc int[2];
        byte* data = stackalloc byte[7] { 1, 2, 3, 4, 5, 6, 7 };
        bool stream = !kind.StartsWith("datagram", StringComparison.Ordinal);
        bool isPipe = kind.StartsWith("pipe", StringComparison.Ordinal);
        Assert.Equal(0, isPipe
            ? Libc.pipe2(ends, Native.CloseOnExec)
            : Libc.socketpair(Libc.Unix, (stream ? Libc.Stream : Libc.Datagram) | Native.CloseOnExec, 0, ends));
        Keep(ends[0]);
        Keep(ends[1]);
        if (kind.EndsWith("with data", StringComparison.Ordinal))
        {
            Assert.Equal(7, Native.write(ends[1], data, 7));
        }

        if (kind.EndsWith("non-blocking", StringComparison.Ordinal))
        {
            Assert.Equal(0, Native.fcntl(ends[0], 4, 0x802));
        }

        if (kind.EndsWith("without peer", StringComparison.Ordinal))
        {
            Close(ends[1]);
        }

        if (kind == "pipe without reader")
        {
            Close(ends[0]);
        }

        return kind is "pipe to write" or "pipe without reader" ? ends[1] : ends[0];
    }
}
