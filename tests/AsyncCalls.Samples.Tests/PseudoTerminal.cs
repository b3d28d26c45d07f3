using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace AsyncCalls.Samples.Tests;

/// <summary>A terminal whose screen and keyboard the test has.</summary>
internal sealed partial class PseudoTerminal : IDisposable
{
    private const int ReadWrite = 2;
    private const int NoControllingTerminal = 0x100;
    private const int CloseOnExec = 0x80000;

    /// <summary>Nothing here takes seconds; a machine that does other things may.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly SafeFileHandle _master;
    private readonly SafeFileHandle _slave;
    private readonly StringBuilder _screen = new();
    private readonly Thread _reader;

    public PseudoTerminal()
    {
        _master = new SafeFileHandle(posix_openpt(ReadWrite | NoControllingTerminal | CloseOnExec), ownsHandle: true);
        Assert.False(_master.IsInvalid, "There is no pseudo terminal.");
        Assert.Equal(0, grantpt(_master));
        Assert.Equal(0, unlockpt(_master));
        byte[] name = new byte[64];
        Assert.Equal(0, ptsname_r(_master, name, (nuint)name.Length));
        Path = Encoding.ASCII.GetString(name.AsSpan(0, Array.IndexOf(name, (byte)0)));

        // Open here too, so that the screen outlives the program on it.
        _slave = new SafeFileHandle(open(Path, ReadWrite | NoControllingTerminal | CloseOnExec, 0), ownsHandle: true);
        Assert.False(_slave.IsInvalid, $"{Path} cannot be opened.");
        _reader = new Thread(ReadScreen) { IsBackground = true };
        _reader.Start();
    }

    public string Path { get; }

    /// <summary>All that was written to it so far.</summary>
    public string Screen
    {
        get
        {
            lock (_screen)
            {
                return _screen.ToString();
            }
        }
    }

    /// <summary>The settings that the terminal has now: the bytes of struct termios.</summary>
    public byte[] Settings
    {
        get
        {
            byte[] settings = new byte[60];
            Assert.Equal(0, tcgetattr(_slave, settings));
            return settings;
        }
    }

    public void Type(string keys)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(keys);
        Assert.Equal(bytes.Length, write(_master, bytes, (nuint)bytes.Length));
    }

    public async Task ShowsAsync(string text)
    {
        long start = Environment.TickCount64;
        while (!Screen.Contains(text, StringComparison.Ordinal))
        {
            Assert.True(Environment.TickCount64 - start < Limit.TotalMilliseconds, $"The terminal never showed '{text}':\n{Screen}");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    public void Dispose()
    {
        // The reader ends with EIO when nobody has the other side any more.
        _slave.Dispose();
        _reader.Join(Limit);
        _master.Dispose();
    }

    private void ReadScreen()
    {
        byte[] bytes = new byte[4_096];
        nint got;
        while ((got = read(_master, bytes, (nuint)bytes.Length)) > 0)
        {
            lock (_screen)
            {
                _screen.Append(Encoding.UTF8.GetString(bytes.AsSpan(0, (int)got)));
            }
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int posix_openpt(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int grantpt(SafeFileHandle fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlockpt(SafeFileHandle fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ptsname_r(SafeFileHandle fd, byte[] name, nuint length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle fd, byte[] buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle fd, byte[] buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcgetattr(SafeFileHandle fd, byte[] settings);
}
