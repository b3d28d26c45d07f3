using System.Net;
using System.Net.Sockets;
using AsyncCalls;
using EpollLoop.Interop;
using Microsoft.Win32.SafeHandles;

namespace EpollLoop;

/// <summary>
/// One thread, one epoll instance: a listening socket, the sockets of clients, a timer, and the handle of a context through which file I/O completes.
/// </summary>
internal sealed class EventLoop : IDisposable
{
    /// <summary>Each has a buffer of 64 KiB and a descriptor or two; where more come, they wait in the listener's queue.</summary>
    private const int ConnectionsMax = 1_000;

    /// <summary>What calls and clients get to end after the loop was asked to.</summary>
    private const int GraceMs = 2_000;

    private const ulong ListenerNumber = 0;
    private const ulong TimerNumber = 1;
    private const ulong ContextNumber = 2;
    private const ulong FirstConnectionNumber = 3;

    /// <summary>The cookie of the call that does nothing but wake the loop.</summary>
    private const ulong StopCookie = 1;

    private readonly Epoll _epoll = new();
    private readonly Socket _listener;
    private readonly SafeFileHandle _timer = Epoll.CreateTimer(1);
    private readonly AsyncCallContext _context;
    private readonly ServedFolder _folder;
    private readonly FileCalls _files;
    private readonly Dictionary<ulong, Connection> _connections = [];
    private readonly CancellationTokenSource _cancellation = new();
    private readonly CompletionEvent[] _events = new CompletionEvent[64];
    private readonly int _threadId = Environment.CurrentManagedThreadId;
    private ulong _lastNumber = FirstConnectionNumber;
    private bool _accepts;
    private long _endsAtMs = long.MaxValue;
    private volatile bool _stopAsked;

    /// <summary>Opens the port. The thread that does it is the thread that runs the loop.</summary>
    /// <exception cref="SocketException">The port cannot be had.</exception>
    public EventLoop(AsyncCallContext context, ServedFolder folder, int port)
    {
        _context = context;
        _folder = folder;
        _files = new FileCalls(context.Runtime);
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen();
    }

    public Tally Tally { get; } = new();

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Serves until <see cref="Stop"/>, and until all connections have ended.</summary>
    public void Run()
    {
        _epoll.Add(_listener.SafeHandle, 0, ListenerNumber);
        _epoll.Add(_timer, Libc.In, TimerNumber);
        _epoll.Add(_context.Handle, Libc.In, ContextNumber);
        Accept(true);
        while (_endsAtMs == long.MaxValue || (_connections.Count > 0 && Environment.TickCount64 < _endsAtMs))
        {
            // Reap, then ask to be woken for the next event, then sleep. Where one came in between, or more were there than fit, sleep not at all: but
            // look at the sockets too, so that neither side starves the other.
            Reap();
            int timeoutMs = _context.TryArm(1) ? -1 : 0;
            foreach (ulong number in _epoll.Wait(timeoutMs))
            {
                Handle(number);
            }

            if (_stopAsked)
            {
                BeginStop();
            }
        }
    }

    /// <summary>Ends the loop. From any thread, as long as the context lives: a call that does nothing brings the news through the ring.</summary>
    public void Stop()
    {
        // If every slot is taken it is not submitted, and the timer brings the loop here within a second.
        _stopAsked = true;
        Iocb nothing = Iocb.Nop();
        nothing.Cookie = StopCookie;
        _context.Submit(nothing);
    }

    public void Dispose()
    {
        foreach (Connection connection in _connections.Values)
        {
            connection.Dispose();
        }

        _listener.Dispose();
        _timer.Dispose();
        _epoll.Dispose();
        _cancellation.Dispose();
    }

    private void Reap()
    {
        // Awaiters of twins resume in here. What comes out are the other calls; only Stop makes one.
        foreach (CompletionEvent completion in _events.AsSpan(0, _context.Reap(_events)))
        {
            _stopAsked |= completion.Cookie == StopCookie;
        }
    }

    private void Handle(ulong number)
    {
        switch (number)
        {
            case ListenerNumber:
                AcceptClients();
                break;
            case TimerNumber:
                Epoll.Reset(_timer);
                PrintStatus();
                Accept(_connections.Count < ConnectionsMax);
                break;
            case ContextNumber:
                // Reset first; Run reaps and arms afterwards. The other way round would lose a wake-up.
                Epoll.Reset(_context.Handle);
                break;
            default:
                // It may have ended by an event before this one.
                _connections.GetValueOrDefault(number)?.OnReady();
                break;
        }
    }

    private void AcceptClients()
    {
        while (_accepts)
        {
            Socket client;
            try
            {
                client = _listener.Accept();
            }
            catch (SocketException exception) when (exception.SocketErrorCode == SocketError.WouldBlock)
            {
                return;
            }
            catch (SocketException exception)
            {
                // No descriptors left, most likely: the next tick tries again.
                Console.Error.WriteLine($"EpollLoop: a client could not be accepted: {exception.Message}");
                Accept(false);
                return;
            }

            client.Blocking = false;
            client.NoDelay = true;
            _ = ServeAsync(_lastNumber++, client);
        }
    }

    /// <summary>Runs until the first wait, and from then on piece by piece, on the thread of the loop.</summary>
    private async Task ServeAsync(ulong number, Socket client)
    {
        using var connection = new Connection(client, _folder, _files, Tally, VerifyThread);
        try
        {
            _connections.Add(number, connection);
            Tally.Connections = _connections.Count;
            Accept(_connections.Count < ConnectionsMax);
            _epoll.Add(client.SafeHandle, Libc.In | Libc.Out | Libc.EdgeTriggered, number);
            await connection.ServeAsync(_cancellation.Token);
        }
        catch (Exception exception)
        {
            // A defect or a dying disk ends one connection, not the server.
            Console.Error.WriteLine($"EpollLoop: {exception.GetType().Name}: {exception.Message}");
        }
        finally
        {
            _connections.Remove(number);
            Tally.Connections = _connections.Count;
        }
    }

    /// <summary>Listens, or leaves clients in the queue.</summary>
    private void Accept(bool accepts)
    {
        accepts &= !_stopAsked;
        if (_accepts != accepts)
        {
            _accepts = accepts;
            _epoll.Modify(_listener.SafeHandle, accepts ? Libc.In : 0, ListenerNumber);
        }
    }

    private void BeginStop()
    {
        if (_endsAtMs == long.MaxValue)
        {
            _endsAtMs = Environment.TickCount64 + GraceMs;
            Accept(false);
            _cancellation.Cancel();
            foreach (Connection connection in _connections.Values.ToArray())
            {
                connection.Stop();
            }
        }
    }

    private void PrintStatus() => Console.Error.WriteLine(
        $"EpollLoop: {Tally.Connections} connections, {Tally.Files} files, {Tally.Bytes} bytes, {Tally.Refused} refused, {_context.InFlight} calls in flight");

    /// <summary>What this sample is about: nothing of it ever runs on another thread.</summary>
    private void VerifyThread()
    {
        if (Environment.CurrentManagedThreadId != _threadId)
        {
            throw new InvalidOperationException("An awaiter resumed outside of the loop.");
        }
    }
}
