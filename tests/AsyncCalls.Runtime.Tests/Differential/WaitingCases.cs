namespace AsyncCalls.Runtime.Tests.Differential;

/// <summary>Events, time, processes and words of memory. Nothing here waits longer than a few milliseconds: what does is in <c>WaitingTests</c>.</summary>
internal static unsafe class WaitingCases
{
    private const short In = 1;
    private const short Out = 4;
    private const uint Word32 = 2;
    private const uint Private = 128;

    public static IEnumerable<Case> All() => [.. Polling(), .. Epoll(), .. Others()];

    private static List<Case> Polling()
    {
        var cases = new List<Case>();
        (string Kind, short Events)[] ready =
        [
            ("file", In), ("file", In | Out), ("file", 0x3F), ("null device", In | Out), ("pipe with data", In), ("pipe with data", In | 0x40), ("pipe to write", Out), ("pipe without peer", In), ("pipe without peer", 0),
            ("pipe without reader", Out), ("pipe without reader", 0), ("socket with data", In | Out), ("socket without peer", In), ("missing", In), ("negative", In), ("directory", In),
        ];
        foreach ((string kind, short events) in ready)
        {
            cases.Add(new(CallOperation.Poll, $"{kind} for {events}", scene =>
            {
                int fd = scene.Fd(kind);
                return new(() => Poll(fd, events), Raw.Block(CallOperation.Poll, fd, flags: events));
            }));
        }

        return cases;
    }

    /// <summary>The events of one descriptor; of one that is not open the error, since poll(2) of a single one has nothing else to say.</summary>
    private static long Poll(int fd, short events)
    {
        if (fd < 0)
        {
            // poll(2) leaves out what is negative, and would wait for nobody for ever.
            return -9;
        }

        var entry = new Native.PollEntry { Fd = fd, Events = events };
        int result = Native.poll(&entry, 1, 1_000);
        return result < 0 ? result : (entry.Returned & 0x20) != 0 ? -9 : entry.Returned;
    }

    private static List<Case> Epoll()
    {
        var cases = new List<Case>();
        foreach (string epoll in (string[])["epoll", "file", "missing"])
        {
            foreach (string kind in (string[])["pipe with data", "socket with data", "file", "missing", "itself", "known"])
            {
                // EPOLL_CTL_ADD, _DEL, _MOD, one that does not exist
                foreach (int operation in (int[])[1, 2, 3, 9])
                {
                    cases.Add(new(CallOperation.EpollControl, $"{operation} {kind} on {epoll}", scene =>
                    {
                        int on = scene.Fd(epoll);
                        int fd = kind == "itself" ? on : scene.Fd(kind == "known" ? "pipe with data" : kind);
                        byte* data = Event(scene, In);
                        if (kind == "known")
                        {
                            _ = Libc.epoll_ctl(on, 1, fd, data);
                        }

                        byte* got = scene.Memory(64);
                        scene.Note(() => $"ready {Libc.epoll_wait(on, got, 4, 0)}");
                        return new(() => Libc.epoll_ctl(on, operation, fd, data), Raw.Block(CallOperation.EpollControl, on, data, flags: operation, second: fd));
                    }));
                }
            }

            foreach ((int count, int timeoutMs) in ((int, int)[])[(4, 0), (4, 1), (4, -1), (1, -1), (0, -1), (-1, -1), (int.MaxValue, -1)])
            {
                cases.Add(new(CallOperation.EpollWait, $"{count} {timeoutMs} on {epoll}", scene =>
                {
                    int on = scene.Fd(epoll);
                    foreach (string kind in (string[])["pipe with data", "socket with data"])
                    {
                        _ = Libc.epoll_ctl(on, 1, scene.Fd(kind), Event(scene, In));
                    }

                    byte* got = scene.Out(64);
                    return new(() => Libc.epoll_wait(on, got, count, timeoutMs), Raw.Block(CallOperation.EpollWait, on, got, flags: count, mode: timeoutMs));
                }));
            }
        }

        cases.Add(new(CallOperation.EpollControl, "without an event", scene =>
        {
            int on = scene.Fd("epoll");
            int fd = scene.Fd("pipe with data");
            return new(() => Libc.epoll_ctl(on, 1, fd, null), Raw.Block(CallOperation.EpollControl, on, flags: 1, second: fd));
        }));
        cases.Add(new(CallOperation.EpollWait, "nothing is ready", scene =>
        {
            int on = scene.Fd("epoll");
            byte* got = scene.Out(64);
            return new(() => Libc.epoll_wait(on, got, 4, 2), Raw.Block(CallOperation.EpollWait, on, got, flags: 4, mode: 2));
        }));

        return cases;
    }

    public static byte* Event(Scene scene, short events)
    {
        byte* data = scene.Memory(16);
        *(uint*)data = (uint)events;
        data[8] = 42;
        return data;
    }

    private static List<Case> Others()
    {
        var cases = new List<Case>();
        foreach (int milliseconds in (int[])[0, 3])
        {
            cases.Add(new(CallOperation.Sleep, $"{milliseconds}", _ => new(
                () =>
                {
                    long* time = stackalloc long[2] { 0, milliseconds * 1_000_000L };
                    return Libc.nanosleep(time, null);
                },
                Iocb.Sleep(TimeSpan.FromMilliseconds(milliseconds)))));
        }

        // P_PID of this process, which is no child of its own; P_PIDFD; types, ids and options that do not exist.
        foreach ((int type, int id, int options) in ((int, int, int)[])[(1, Environment.ProcessId, 4), (3, 99_999, 4), (3, -1, 4), (9, 0, 4), (1, 0, 4), (1, -5, 4), (1, Environment.ProcessId, 0), (1, Environment.ProcessId, 1 << 20)])
        {
            foreach (bool wanted in (bool[])[true, false])
            {
                cases.Add(new(CallOperation.WaitId, $"{type} {(id == Environment.ProcessId ? "self" : id)} {options} {wanted}", scene =>
                {
                    byte* info = wanted ? scene.Out(128) : null;
                    return new(() => Libc.waitid(type, (uint)id, info, options), Raw.Block(CallOperation.WaitId, 0, info, options, flags: type, mode: id));
                }));
            }
        }

        foreach ((int shift, uint value, uint mask, uint flags) in ((int, uint, uint, uint)[])[(0, 1, uint.MaxValue, Word32), (0, 1, uint.MaxValue, Word32 | Private), (0, 0, 0, Word32), (1, 1, 1, Word32), (0, 1, 1, 0), (0, 1, 1, 1 << 20), (-1, 1, 1, Word32)])
        {
            cases.Add(new(CallOperation.FutexWait, $"{shift} {value} {mask} {flags}", scene =>
            {
                byte* word = shift < 0 ? null : scene.Out(8) + shift;
                return new(() => Libc.syscall(455, (nint)word, (nint)value, (nint)mask, (nint)flags, 0, 0), Raw.Block(CallOperation.FutexWait, 0, word, offset: value, sixth: mask, flags: flags));
            }));
            cases.Add(new(CallOperation.FutexWake, $"{shift} {value} {mask} {flags}", scene =>
            {
                byte* word = shift < 0 ? null : scene.Out(8) + shift;
                return new(() => Libc.syscall(454, (nint)word, (nint)mask, (nint)value, (nint)flags, 0, 0), Raw.Block(CallOperation.FutexWake, 0, word, offset: value, sixth: mask, flags: flags));
            }));
        }

        return cases;
    }
}
