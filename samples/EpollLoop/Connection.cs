using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace EpollLoop;

/// <summary>
/// One client: lines with paths in, files out. Written as one asynchronous method that never leaves the thread of the loop: where it awaits its socket,
/// epoll resumes it; where it awaits a file, the reaping of the context does.
/// </summary>
internal sealed class Connection(Socket socket, ServedFolder folder, FileCalls files, Tally tally, Action verifyThread) : IDisposable
{
    /// <summary>PATH_MAX of Linux, the line feed included.</summary>
    private const int LineBytesMax = 4_096;

    /// <summary>At 1,000 connections, 64 MiB.</summary>
    private const int BufferBytes = 65_536;

    private readonly byte[] _buffer = new byte[BufferBytes];
    private readonly byte[] _line = new byte[LineBytesMax];
    private readonly Readiness _readiness = new();
    private int _received;

    /// <summary>Epoll saw an edge of the socket.</summary>
    public void OnReady() => _readiness.Signal();

    /// <summary>Ends the waiting for the client.</summary>
    public void Stop() => _readiness.Stop();

    public void Dispose() => socket.Dispose();

    /// <summary>Answers lines until the client has no more, or breaks off.</summary>
    public async Task ServeAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await ReadLineAsync() is { } line)
            {
                await AnswerAsync(line, cancellationToken);
                verifyThread();
            }
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            // The client broke off, or the loop ends.
        }
    }

    private async ValueTask AnswerAsync(string line, CancellationToken cancellationToken)
    {
        SafeFileHandle? file = null;
        try
        {
            if (folder.Find(line) is not { } path)
            {
                await RefuseAsync("outside of the folder");
                return;
            }

            file = await files.OpenAsync(path, cancellationToken);
            if (!folder.Contains(file))
            {
                await RefuseAsync("outside of the folder");
                return;
            }

            await SendFileAsync(file, cancellationToken);
        }
        catch (Exception exception) when (file is null && exception is IOException or UnauthorizedAccessException)
        {
            await RefuseAsync(exception is FileNotFoundException or DirectoryNotFoundException ? "no such file" : "cannot be opened");
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>A line with the length, and so many bytes.</summary>
    private async ValueTask SendFileAsync(SafeFileHandle file, CancellationToken cancellationToken)
    {
        long length = RandomAccess.GetLength(file);
        await SendAsync(Encoding.UTF8.GetBytes($"OK {length}\n"));
        for (long offset = 0; offset < length;)
        {
            int wanted = (int)Math.Min(BufferBytes, length - offset);
            int read = await files.ReadAsync(file, _buffer.AsMemory(0, wanted), offset, cancellationToken);
            verifyThread();
            if (read == 0)
            {
                // It became shorter meanwhile: what was promised cannot be kept, and the client sees that the connection ends early.
                throw new OperationCanceledException();
            }

            await SendAsync(_buffer.AsMemory(0, read));
            tally.Bytes += read;
            offset += read;
        }

        tally.Files++;
    }

    private ValueTask RefuseAsync(string reason)
    {
        tally.Refused++;
        return SendAsync(Encoding.UTF8.GetBytes($"ERROR {reason}\n"));
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int sent = socket.Send(bytes.Span, SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                await _readiness.WaitAsync();
            }
            else if (error != SocketError.Success)
            {
                throw new SocketException((int)error);
            }
            else
            {
                bytes = bytes[sent..];
            }
        }
    }

    /// <summary>The next line without its end; null when the client has closed its side, or sends no line.</summary>
    private async ValueTask<string?> ReadLineAsync()
    {
        while (true)
        {
            int end = _line.AsSpan(0, _received).IndexOf((byte)'\n');
            if (end >= 0)
            {
                string line = Encoding.UTF8.GetString(_line, 0, end);
                _line.AsSpan(end + 1, _received - end - 1).CopyTo(_line);
                _received -= end + 1;
                return line;
            }

            if (_received == _line.Length)
            {
                await RefuseAsync("the line is too long");
                return null;
            }

            int received = socket.Receive(_line.AsSpan(_received), SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                await _readiness.WaitAsync();
            }
            else if (error != SocketError.Success)
            {
                throw new SocketException((int)error);
            }
            else if (received == 0)
            {
                return null;
            }
            else
            {
                _received += received;
            }
        }
    }
}
