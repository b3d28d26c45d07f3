using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using AsyncCalls;
using Microsoft.Win32.SafeHandles;

namespace SharedRing;

/// <summary>What goes wrong with the other process, as a sentence for the user.</summary>
internal sealed class ConsumerException(string message) : Exception(message);

/// <summary>The other process: compiled, if that was asked for, started, and given the ring.</summary>
internal sealed class Consumer : IDisposable
{
    /// <summary>A process connects at once, or never will.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>After the ring was closed there is nothing left to wait for.</summary>
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(10);

    private readonly Process _process;

    /// <summary>Signalled by the ring as long as it is open.</summary>
    private readonly SafeFileHandle _wakeHandle;

    private Consumer(Process process, SafeFileHandle wakeHandle)
    {
        _process = process;
        _wakeHandle = wakeHandle;
    }

    public bool IsRunning => !_process.HasExited;

    /// <param name="ring">The ring, in shared memory.</param>
    /// <param name="program">A compiled <c>consumer.c</c>; null to compile it now.</param>
    /// <exception cref="ConsumerException">There is no compiler, or no such program, or it does not connect.</exception>
    public static Consumer Start(CompletionRing ring, string? program)
    {
        // Only this user may enter the folder. It goes when the process is connected: a socket and a program are needed to begin with only.
        DirectoryInfo folder = Directory.CreateTempSubdirectory("shared-ring-");
        Process? process = null;
        try
        {
            program ??= Compile(Path.Join(folder.FullName, "consumer"));
            string address = Path.Join(folder.FullName, "socket");
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(address));
            listener.Listen();
            process = StartProcess(program, [address], $"the consumer '{program}' cannot be started");
            using Socket connection = Accept(listener, process);
            return new Consumer(process, ring.SendTo(connection));
        }
        catch
        {
            Kill(process);
            throw;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Waits until it has taken everything. Events that wait beside a full ring would not follow once it is closed.</summary>
    /// <exception cref="ConsumerException">It ended before.</exception>
    public void WaitUntilEmpty(CompletionRing ring)
    {
        while (IsRunning)
        {
            if (ring.IsEmpty)
            {
                return;
            }

            Thread.Sleep(1);
        }

        throw new ConsumerException($"the consumer ended with {_process.ExitCode} before the ring was closed.");
    }

    /// <summary>Waits until it has seen that the ring is closed.</summary>
    /// <exception cref="ConsumerException">It does not end, or failed.</exception>
    public void WaitForEnd()
    {
        if (!_process.WaitForExit(EndTimeout))
        {
            throw new ConsumerException("the consumer did not end, although the ring is closed.");
        }

        if (_process.ExitCode != 0)
        {
            throw new ConsumerException($"the consumer ended with {_process.ExitCode}.");
        }
    }

    public void Dispose()
    {
        Kill(_process);
        _wakeHandle.Dispose();
        _process.Dispose();
    }

    private static string Compile(string output)
    {
        string source = Path.Join(AppContext.BaseDirectory, "consumer.c");
        string[] arguments = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-I", AppContext.BaseDirectory, "-o", output, source];
        using Process compiler = StartProcess("cc", arguments, "consumer.c cannot be compiled. Install a C compiler, or compile it elsewhere and give --consumer PATH");
        compiler.WaitForExit();
        return compiler.ExitCode == 0 ? output : throw new ConsumerException("consumer.c could not be compiled; the compiler's words are above.");
    }

    private static Process StartProcess(string program, string[] arguments, string failure)
    {
        try
        {
            return Process.Start(program, arguments);
        }
        catch (Win32Exception exception)
        {
            throw new ConsumerException($"{failure}: {exception.Message}");
        }
    }

    private static Socket Accept(Socket listener, Process process)
    {
        long start = Stopwatch.GetTimestamp();
        while (!listener.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectRead))
        {
            if (process.HasExited)
            {
                throw new ConsumerException($"the consumer ended with {process.ExitCode} and has not asked for the ring.");
            }

            if (Stopwatch.GetElapsedTime(start) > ConnectTimeout)
            {
                throw new ConsumerException("the consumer has not asked for the ring.");
            }
        }

        return listener.Accept();
    }

    private static void Kill(Process? process)
    {
        if (process is { HasExited: false })
        {
            process.Kill();
        }
    }
}
