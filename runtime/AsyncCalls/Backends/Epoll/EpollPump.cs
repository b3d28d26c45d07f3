using System.Diagnostics;
using System.Runtime.InteropServices;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.Epoll;

/// <summary>
/// The pump of a runtime without io_uring: its leader waits in epoll for the descriptors of parked calls, so that a completion costs no hop between threads.
/// </summary>
/// <remarks>
/// <para><b>Lazy.</b> There is no descriptor until a backend registers one (<see cref="Control"/>); until then the leader waits on <see cref="_event"/>. Only the thread that pumps opens and
/// closes; <see cref="_instance"/> is read by those that wake it.</para>
/// <para><b>Sleep.</b> The leader says in <see cref="_sleeping"/> where it is going to wait, full fence, looks at what others queue and at the ring again, then waits. Others queue, full fence,
/// then exchange the word for <see cref="Awake"/> and signal what it named. The wake descriptor is edge-triggered: each signal is one event, and nobody has to read it.</para>
/// </remarks>
internal sealed unsafe class EpollPump : IPump
{
    private const int Awake = 0;
    private const int OnEvent = 1;
    private const int InKernel = 2;

    private const int EventsMax = 64;
    private const ulong WakeData = ulong.MaxValue;

    private readonly IBackendHost _host;
    private readonly List<IPumped> _clients = [];
    private readonly ManualResetEventSlim _event = new(initialState: false);
    private readonly byte* _events;
    private volatile WakeDescriptor? _wake;
    private int _instance = -1;
    private int _sleeping;

    public EpollPump(IBackendHost host)
    {
        _host = host;
        _events = (byte*)NativeMemory.Alloc(EventsMax, (nuint)Syscalls.EpollEventBytes);
    }

    /// <summary>Whether descriptors exist.</summary>
    public bool IsOpen => _wake is not null;

    /// <summary>Adds a backend. Before the first pump.</summary>
    public void Add(IPumped client) => _clients.Add(client);

    /// <summary>Whether this machine lets an instance be made: empty, or why not.</summary>
    public static string Try()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "epoll needs Linux";
        }

        int tried = Syscalls.EpollCreate();
        if (tried < 0)
        {
            return $"epoll_create1 failed with errno {-tried} ({Marshal.GetPInvokeErrorMessage(-tried)})";
        }

        _ = Syscalls.Close(tried);
        return "";
    }

    /// <summary>Changes the registration of a descriptor, whose events go to <paramref name="client"/>. 0, or −errno. By the thread that pumps.</summary>
    public int Control(IPumped client, int operation, int fd, uint events)
    {
        int opened = Open();
        return opened < 0 ? opened : Syscalls.EpollControl(_instance, operation, fd, events, ((ulong)_clients.IndexOf(client) << 32) | (uint)fd);
    }

    public void Pump(bool mayWait)
    {
        bool completed = false;
        foreach (IPumped client in _clients)
        {
            client.Collect();
            completed |= client.HasCompletions;
        }

        int count = mayWait && !completed ? WaitAsleep() : Wait(timeoutMs: 0);
        for (int i = 0; i < count; i++)
        {
            (uint events, ulong data) = Syscalls.EpollEvent(_events, i);
            if (data != WakeData)
            {
                _clients[(int)(data >> 32)].OnEvents((int)(uint)data, events);
            }
        }

        foreach (IPumped client in _clients)
        {
            client.Flush();
        }
    }

    public void Wake()
    {
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) != Awake)
        {
            switch (Interlocked.Exchange(ref _sleeping, Awake))
            {
                case OnEvent:
                    _event.Set();
                    break;
                case InKernel:
                    _wake?.Signal();
                    break;
            }
        }
    }

    public void Dispose()
    {
        foreach (IPumped client in _clients)
        {
            client.Close();
        }

        if (IsOpen)
        {
            _ = Syscalls.Close(_instance);
            _wake!.Dispose();
        }

        NativeMemory.Free(_events);
    }

    private int WaitAsleep()
    {
        int place = IsOpen ? InKernel : OnEvent;
        Interlocked.Exchange(ref _sleeping, place);
        bool anything = _host.HasWork;
        foreach (IPumped client in _clients)
        {
            anything |= client.HasQueued;
        }

        int count = 0;
        if (place == InKernel)
        {
            count = Wait(anything ? 0 : -1);
        }
        else
        {
            if (!anything)
            {
                _event.Wait();
            }

            // Whoever wakes queues first: what was queued before this reset is collected after it.
            _event.Reset();
        }

        Volatile.Write(ref _sleeping, Awake);
        return count;
    }

    private int Wait(int timeoutMs)
    {
        if (!IsOpen)
        {
            return 0;
        }

        int count = Syscalls.EpollWait(_instance, _events, EventsMax, timeoutMs);
        Debug.Assert(count >= 0 || count == -Errno.EINTR, "An open instance can be waited for.");
        return Math.Max(0, count);
    }

    /// <summary>0, or −errno.</summary>
    private int Open()
    {
        if (IsOpen)
        {
            return 0;
        }

        int instance = Syscalls.EpollCreate();
        if (instance < 0)
        {
            return instance;
        }

        int wake = Syscalls.EventFd(nonBlocking: true);
        int result = wake < 0 ? wake : Syscalls.EpollControl(instance, Syscalls.EpollAdd, wake, Syscalls.EpollIn | Syscalls.EpollEdge, WakeData);
        if (result < 0)
        {
            _ = Syscalls.Close(instance);
            if (wake >= 0)
            {
                _ = Syscalls.Close(wake);
            }

            return result;
        }

        _instance = instance;
        _wake = new WakeDescriptor(wake);
        return 0;
    }
}
