using System.Text;

namespace AsyncCalls.Runtime.Tests.Differential;

/// <summary>Sockets, on loopback and in the file system.</summary>
internal static unsafe class SocketCases
{
    private const int NonBlock = 0x800;

    private static readonly string[] Handles =
    [
        "socket with data", "socket, non-blocking", "socket without peer", "datagram with data", "datagram, non-blocking", "stream", "listener", "pipe with data", "file", "missing", "negative",
    ];

    public static IEnumerable<Case> All() => [.. Making(), .. Connections(), .. Data(), .. Messages()];

    /// <summary>A descriptor, with the kinds that only sockets have: one that is not connected, and one that listens.</summary>
    private static int Fd(Scene scene, string kind) => kind switch
    {
        "stream" => scene.Keep(Libc.socket(Libc.Unix, Libc.Stream | NonBlock | Native.CloseOnExec, 0)),
        "listener" => Listener(scene),
        _ => scene.Fd(kind),
    };

    public static int Listener(Scene scene, int flags = NonBlock, int backlog = 4)
    {
        int listener = scene.Keep(Libc.socket(Libc.Unix, Libc.Stream | flags | Native.CloseOnExec, 0));
        byte* address = UnixAddress(scene, "~/listener", out int length);
        Assert.Equal(0, Libc.bind(listener, address, (uint)length));
        Assert.Equal(0, Libc.listen(listener, backlog));
        return listener;
    }

    public static byte* UnixAddress(Scene scene, string path, out int length)
    {
        byte[] name = Encoding.UTF8.GetBytes(path.Replace("~", scene.Folder, StringComparison.Ordinal));
        byte[] address = [1, 0, .. name, 0];
        length = address.Length;
        return scene.Bytes(address);
    }

    private static byte* Loopback(Scene scene, int port) => scene.Bytes([2, 0, (byte)(port >> 8), (byte)port, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);

    private static List<Case> Making()
    {
        var cases = new List<Case>();
        foreach ((int domain, int type, int protocol) in ((int, int, int)[])[(1, 1, 0), (1, 2, 0), (2, 1, 0), (2, 2, 0), (2, 1 | NonBlock, 6), (1, 1 | Native.CloseOnExec, 0), (99, 1, 0), (2, 99, 0), (2, 1, 99), (1, 1, 6), (-1, 1, 0), (2, 1 | (1 << 20), 0)])
        {
            cases.Add(new(CallOperation.Socket, $"{domain} {type} {protocol}", _ => new(
                () => Libc.socket(domain, type, protocol),
                Raw.Block(CallOperation.Socket, 0, length: protocol, flags: domain, mode: type))));
        }

        foreach (string kind in Handles)
        {
            foreach (int backlog in (int[])[0, 5, -1])
            {
                cases.Add(new(CallOperation.Listen, $"{kind} {backlog}", scene =>
                {
                    int fd = Fd(scene, kind);
                    return new(() => Libc.listen(fd, backlog), Raw.Block(CallOperation.Listen, fd, flags: backlog));
                }));
            }

            foreach (int how in (int[])[0, 1, 2, 9, -1])
            {
                cases.Add(new(CallOperation.Shutdown, $"{kind} {how}", scene =>
                {
                    int fd = Fd(scene, kind);
                    return new(() => Libc.shutdown(fd, how), Raw.Block(CallOperation.Shutdown, fd, flags: how));
                }));
            }

            foreach (string path in (string[])["~/made", "~/data", "~/missing/made", "~/" + new string('n', 200)])
            {
                cases.Add(new(CallOperation.Bind, $"{kind} to {path}", scene =>
                {
                    int fd = Fd(scene, kind);
                    byte* address = UnixAddress(scene, path, out int length);
                    return new(() => Libc.bind(fd, address, (uint)length), Raw.Block(CallOperation.Bind, fd, address, length));
                }));
            }

            foreach (int length in (int[])[0, 1, 2, -1, 200])
            {
                cases.Add(new(CallOperation.Bind, $"{kind} to {length} bytes", scene =>
                {
                    int fd = Fd(scene, kind);
                    byte* address = scene.Memory(256);
                    address[0] = 2;
                    return new(() => Libc.bind(fd, address, (uint)length), Raw.Block(CallOperation.Bind, fd, address, length));
                }));
            }
        }

        return cases;
    }

    private static List<Case> Connections()
    {
        var cases = new List<Case>();
        foreach (string kind in Handles)
        {
            foreach (string path in (string[])["~/listener", "~/missing", "~/data"])
            {
                cases.Add(new(CallOperation.Connect, $"{kind} to {path}", scene =>
                {
                    int fd = Fd(scene, kind);
                    if (path == "~/listener" && kind != "listener")
                    {
                        Listener(scene);
                    }

                    byte* address = UnixAddress(scene, path, out int length);
                    return new(() => Libc.connect(fd, address, (uint)length), Raw.Block(CallOperation.Connect, fd, address, length));
                }));
            }

            foreach (int length in (int[])[0, 1, -1, 200])
            {
                cases.Add(new(CallOperation.Connect, $"{kind} to {length} bytes", scene =>
                {
                    int fd = Fd(scene, kind);
                    byte* address = scene.Memory(256);
                    address[0] = 2;
                    return new(() => Libc.connect(fd, address, (uint)length), Raw.Block(CallOperation.Connect, fd, address, length));
                }));
            }
        }

        foreach (bool listens in (bool[])[true, false])
        {
            cases.Add(new(CallOperation.Connect, $"over loopback, {(listens ? "to a listener" : "refused")}", scene =>
            {
                // Bound in either case: nobody else gets the port meanwhile.
                int listener = scene.Keep(Libc.socket(Libc.Internet, Libc.Stream | Native.CloseOnExec, 0));
                byte* address = Loopback(scene, 0);
                uint length = 16;
                Assert.Equal(0, Libc.bind(listener, address, length));
                Assert.Equal(0, Libc.getsockname(listener, address, &length));
                if (listens)
                {
                    Assert.Equal(0, Libc.listen(listener, 1));
                }

                int fd = scene.Keep(Libc.socket(Libc.Internet, Libc.Stream | Native.CloseOnExec, 0));
                return new(() => Libc.connect(fd, address, 16), Raw.Block(CallOperation.Connect, fd, address, 16));
            }));
        }

        foreach (string kind in (string[])["listener", "pending", "stream", "socket with data", "file", "missing"])
        {
            foreach (int flags in (int[])[0, Native.CloseOnExec, NonBlock, 1])
            {
                foreach (int addressLength in (int[])[-2, -1, 0, 2, 100])
                {
                    cases.Add(new(CallOperation.Accept, $"{kind} {flags} {addressLength}", scene =>
                    {
                        int fd = kind == "pending" ? Pending(scene) : Fd(scene, kind);

                        // −2: no address is wanted; −1: it has no length, which is a fault.
                        byte* address = addressLength == -2 ? null : scene.Out(128);
                        uint* length = addressLength < 0 ? null : (uint*)scene.Out(4);
                        if (length is not null)
                        {
                            *length = (uint)addressLength;
                        }

                        return new(() => Libc.accept4(fd, address, length, flags), Raw.Block(CallOperation.Accept, fd, address, path: length, flags: flags));
                    }));
                }
            }
        }

        return cases;
    }

    /// <summary>A socket that listens, and that somebody has connected to.</summary>
    private static int Pending(Scene scene)
    {
        int listener = Listener(scene, 0);
        int client = scene.Keep(Libc.socket(Libc.Unix, Libc.Stream | Native.CloseOnExec, 0));
        byte* address = UnixAddress(scene, "~/listener", out int length);
        Assert.Equal(0, Libc.connect(client, address, (uint)length));
        return listener;
    }

    private static List<Case> Data()
    {
        var cases = new List<Case>();
        foreach (string kind in Handles)
        {
            // MSG_OOB, MSG_PEEK, MSG_DONTWAIT, MSG_TRUNC, one that does not exist
            foreach (int flags in (int[])[0, 1, 2, 0x40, 0x20, 1 << 28])
            {
                foreach (long length in (long[])[0, 5, 64])
                {
                    cases.Add(new(CallOperation.Send, $"{length} to {kind} with {flags}", scene =>
                    {
                        int fd = Fd(scene, kind);
                        byte* buffer = scene.Memory(64);
                        return new(() => Libc.send(fd, buffer, (nuint)length, flags), Raw.Block(CallOperation.Send, fd, buffer, length, flags: flags));
                    }));
                    cases.Add(new(CallOperation.SendZeroCopy, $"{length} to {kind} with {flags}", scene =>
                    {
                        int fd = Fd(scene, kind);
                        byte* buffer = scene.Memory(64);
                        return new(() => Libc.send(fd, buffer, (nuint)length, flags), Raw.Block(CallOperation.SendZeroCopy, fd, buffer, length, flags: flags));
                    }));
                    cases.Add(new(CallOperation.Receive, $"{length} of {kind} with {flags}", scene =>
                    {
                        int fd = Fd(scene, kind);
                        byte* buffer = scene.Out(64);
                        return new(() => Libc.recv(fd, buffer, (nuint)length, flags | 0x40), Raw.Block(CallOperation.Receive, fd, buffer, length, flags: flags | 0x40));
                    }));
                }

                cases.Add(new(CallOperation.ReceiveFrom, $"{kind} with {flags}", scene =>
                {
                    int fd = Fd(scene, kind);
                    byte* buffer = scene.Out(64);
                    byte* address = scene.Out(128);
                    uint* length = (uint*)scene.Out(4);
                    *length = 128;
                    return new(() => Libc.recvfrom(fd, buffer, 64, flags | 0x40, address, length), Raw.Block(CallOperation.ReceiveFrom, fd, buffer, 64, path: address, sixth: (long)length, flags: flags | 0x40));
                }));
                cases.Add(new(CallOperation.ReceiveFrom, $"{kind} with {flags} without an address", scene =>
                {
                    int fd = Fd(scene, kind);
                    byte* buffer = scene.Out(64);
                    return new(() => Libc.recvfrom(fd, buffer, 64, flags | 0x40, null, null), Raw.Block(CallOperation.ReceiveFrom, fd, buffer, 64, flags: flags | 0x40));
                }));
                foreach (string path in (string[])["~/listener", "~/missing", "none"])
                {
                    cases.Add(new(CallOperation.SendTo, $"{path} from {kind} with {flags}", scene =>
                    {
                        int fd = Fd(scene, kind);
                        byte* buffer = scene.Memory(64);
                        byte* address = UnixAddress(scene, path, out int length);
                        if (path == "none")
                        {
                            address = null;
                            length = 0;
                        }

                        return new(() => Libc.sendto(fd, buffer, 5, flags, address, (uint)length), Raw.Block(CallOperation.SendTo, fd, buffer, 5, path: address, flags: flags, mode: length));
                    }));
                }
            }
        }

        foreach (string kind in (string[])["socket with data", "datagram with data", "socket without peer"])
        {
            cases.Add(new(CallOperation.ReceiveFrom, $"{kind}, as one that may wait", scene =>
            {
                int fd = Fd(scene, kind);
                byte* buffer = scene.Out(64);
                byte* address = scene.Out(128);
                uint* length = (uint*)scene.Out(4);
                *length = 128;
                return new(() => Libc.recvfrom(fd, buffer, 64, 0, address, length), Raw.Block(CallOperation.ReceiveFrom, fd, buffer, 64, path: address, sixth: (long)length));
            }));
            // These do not wait, so they need no flag that says so.
            cases.Add(new(CallOperation.Receive, $"of {kind}", scene =>
            {
                int fd = Fd(scene, kind);
                byte* buffer = scene.Out(64);
                return new(() => Libc.recv(fd, buffer, 64, 0), Raw.Block(CallOperation.Receive, fd, buffer, 64));
            }));
        }

        cases.Add(new(CallOperation.Send, "of no memory", scene =>
        {
            int fd = scene.Fd("socket with data");
            return new(() => Libc.send(fd, null, 5, 0), Raw.Block(CallOperation.Send, fd, null, 5));
        }));

        return cases;
    }

    private static List<Case> Messages()
    {
        var cases = new List<Case>();
        foreach (string kind in Handles)
        {
            foreach (int flags in (int[])[0, 2, 0x20, 1 << 28])
            {
                cases.Add(new(CallOperation.SendMessage, $"{kind} with {flags}", scene =>
                {
                    int fd = Fd(scene, kind);
                    byte* message = Message(scene);
                    return new(() => Libc.sendmsg(fd, message, flags), Raw.Block(CallOperation.SendMessage, fd, message, flags: flags));
                }));
                cases.Add(new(CallOperation.ReceiveMessage, $"{kind} with {flags}", scene =>
                {
                    int fd = Fd(scene, kind);
                    byte* message = Message(scene);
                    scene.Note(() => $"flags {*(int*)(message + 48)} name {*(uint*)(message + 8)} control {*(ulong*)(message + 40)}");
                    return new(() => Libc.recvmsg(fd, message, flags | 0x40), Raw.Block(CallOperation.ReceiveMessage, fd, message, flags: flags | 0x40));
                }));
            }
        }

        foreach (CallOperation operation in (CallOperation[])[CallOperation.SendMessage, CallOperation.ReceiveMessage])
        {
            cases.Add(new(operation, "without a header", scene =>
            {
                int fd = scene.Fd("socket with data");
                return new(() => operation == CallOperation.SendMessage ? Libc.sendmsg(fd, null, 0) : Libc.recvmsg(fd, null, 0), Raw.Block(operation, fd));
            }));
        }

        return cases;
    }

    /// <summary>struct msghdr over two buffers.</summary>
    public static byte* Message(Scene scene)
    {
        byte* message = scene.Memory(56);
        *(nint*)(message + 16) = (nint)scene.Vectors(3, 40);
        *(long*)(message + 24) = 2;
        return message;
    }
}
