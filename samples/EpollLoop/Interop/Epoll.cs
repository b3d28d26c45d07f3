using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EpollLoop.Interop;

/// <summary>An epoll instance, and a number for each descriptor in it.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    /// <summary>What one wait brings: more come with the next.</summary>
    private const int EventsMax = 64;

    /// <summary><c>struct epoll_event</c> is packed on x86-64 and nowhere else.</summary>
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private static readonly int EventBytes = DataOffset + sizeof(ulong);

    private readonly SafeFileHandle _epoll = Checked(Libc.EpollCreate(Libc.CloseOnExec), "epoll_create1");
    private readonly ulong[] _ready = new ulong[EventsMax];

    /// <summary>Watches a descriptor. It leaves the instance when it is closed.</summary>
    public void Add(SafeHandle handle, uint events, ulong number) => Control(Libc.ControlAdd, handle, events, number);

    /// <summary>Changes what a descriptor is watched for; 0 for nothing.</summary>
    public void Modify(SafeHandle handle, uint events, ulong number) => Control(Libc.ControlModify, handle, events, number);

    /// <summary>The numbers of the descriptors that are ready.</summary>
    public ReadOnlySpan<ulong> Wait(int timeoutMs)
    {
        byte* events = stackalloc byte[EventsMax * EventBytes];
        int count = Libc.EpollWait(_epoll, events, EventsMax, timeoutMs);
        if (count < 0 && Marshal.GetLastPInvokeError() != Libc.Interrupted)
        {
            throw Failure("epoll_wait");
        }

        for (int i = 0; i < count; i++)
        {
            _ready[i] = BinaryPrimitives.ReadUInt64LittleEndian(new ReadOnlySpan<byte>(events + (i * EventBytes) + DataOffset, sizeof(ulong)));
        }

        return _ready.AsSpan(0, Math.Max(0, count));
    }

    public void Dispose() => _epoll.Dispose();

    /// <summary>A timer that becomes readable each second.</summary>
    public static SafeFileHandle CreateTimer(long seconds)
    {
        SafeFileHandle timer = Checked(Libc.TimerCreate(Libc.ClockMonotonic, Libc.CloseOnExec | Libc.NonBlocking), "timerfd_create");
        var settings = new Libc.TimerSettings { FirstSeconds = seconds, IntervalSeconds = seconds };
        return Libc.TimerSet(timer, 0, &settings, null) == 0 ? timer : throw Failure("timerfd_settime");
    }

    /// <summary>Resets a timer or the handle of a context by reading its eight bytes. Neither blocks.</summary>
    public static void Reset(SafeFileHandle handle)
    {
        ulong counter;
        _ = Libc.Read(handle, &counter, sizeof(ulong));
    }

    private void Control(int operation, SafeHandle handle, uint events, ulong number)
    {
        byte* epollEvent = stackalloc byte[EventBytes];
        *(uint*)epollEvent = events;
        BinaryPrimitives.WriteUInt64LittleEndian(new Span<byte>(epollEvent + DataOffset, sizeof(ulong)), number);
        if (Libc.EpollControl(_epoll, operation, handle, epollEvent) != 0)
        {
            throw Failure("epoll_ctl");
        }
    }

    private static SafeFileHandle Checked(SafeFileHandle handle, string call) => handle.IsInvalid ? throw Failure(call) : handle;

    private static Win32Exception Failure(string call)
    {
        int error = Marshal.GetLastPInvokeError();
        return new Win32Exception(error, $"{call}: {Marshal.GetPInvokeErrorMessage(error)}");
    }
}
