namespace AsyncCalls;

/// <summary>Blocks about sockets. Addresses are <c>struct sockaddr</c> of their family, in pinned buffers.</summary>
public unsafe partial struct Iocb
{
    /// <summary>socket(2). The result is a descriptor that the caller owns.</summary>
    /// <param name="domain"><c>AF_*</c>.</param>
    /// <param name="type"><c>SOCK_*</c>; <c>SOCK_CLOEXEC</c> is added, as everywhere in .NET.</param>
    /// <param name="protocol">The protocol; 0 for the type's own.</param>
    public static Iocb Socket(int domain, int type, int protocol = 0) => new()
    {
        Operation = CallOperation.Socket,
        OperationFlags = (uint)domain,
        Mode = (uint)type | CloseOnExec,
        Length = protocol,
    };

    /// <summary>bind(2).</summary>
    public static Iocb Bind(HandleLease socket, BufferLease address, int addressLength) => OnBuffer(CallOperation.Bind, socket, address, addressLength, 0);

    /// <summary>listen(2).</summary>
    public static Iocb Listen(HandleLease socket, int backlog) => OnFile(CallOperation.Listen, socket, backlog, 0, 0);

    /// <summary>accept4(2). The result is a descriptor that the caller owns; getpeername(2) tells whose.</summary>
    /// <param name="socket">A socket that listens.</param>
    /// <param name="flags"><c>SOCK_NONBLOCK</c>; <c>SOCK_CLOEXEC</c> is added, as everywhere in .NET.</param>
    public static Iocb Accept(HandleLease socket, int flags = 0) => OnFile(CallOperation.Accept, socket, flags | (int)CloseOnExec, 0, 0);

    /// <summary>accept4(2), which tells the address of the peer.</summary>
    /// <param name="socket">A socket that listens.</param>
    /// <param name="address">Gets the address.</param>
    /// <param name="addressLength">A 32-bit number: the bytes of the address's buffer, overwritten with those of the address.</param>
    /// <param name="flags"><c>SOCK_NONBLOCK</c>; <c>SOCK_CLOEXEC</c> is added.</param>
    public static Iocb Accept(HandleLease socket, BufferLease address, BufferLease addressLength, int flags = 0)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(addressLength);
        Iocb block = Accept(socket, flags);
        block.Buffer = address.Id;
        block.Path = addressLength.Id;
        return block;
    }

    /// <summary>connect(2). One that is cancelled may be connected all the same, later.</summary>
    public static Iocb Connect(HandleLease socket, BufferLease address, int addressLength) => OnBuffer(CallOperation.Connect, socket, address, addressLength, 0);

    /// <summary>shutdown(2).</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="how"><c>SHUT_RD</c>, <c>SHUT_WR</c> or <c>SHUT_RDWR</c>.</param>
    public static Iocb Shutdown(HandleLease socket, int how) => OnFile(CallOperation.Shutdown, socket, how, 0, 0);

    /// <summary>send(2).</summary>
    public static Iocb Send(HandleLease socket, BufferLease buffer, int count, int flags = 0) => OnSocket(CallOperation.Send, socket, buffer, count, flags);

    /// <summary>
    /// send(2) without a copy: the network reads the buffer itself (IORING_OP_SEND_ZC). Worth it from some ten kilobytes. Where that cannot be done (another path than io_uring, a kernel before
    /// 6.0, a kind of socket, too little memory that may be locked) it is a plain send(2).
    /// </summary>
    /// <remarks>
    /// The call completes when the kernel has let go of the buffer, which is when the peer's has acknowledged the data, and not when it was queued. Data that a peer does not take keeps it in flight,
    /// also after a cancel, until the connection ends; shut the socket down for that.
    /// </remarks>
    public static Iocb SendZeroCopy(HandleLease socket, BufferLease buffer, int count, int flags = 0) =>
        OnSocket(CallOperation.SendZeroCopy, socket, buffer, count, flags);

    /// <summary>sendto(2).</summary>
    public static Iocb SendTo(HandleLease socket, BufferLease buffer, int count, int flags, BufferLease address, int addressLength)
    {
        ArgumentNullException.ThrowIfNull(address);
        Iocb block = OnSocket(CallOperation.SendTo, socket, buffer, count, flags);
        block.Path = address.Id;
        block.Mode = (uint)addressLength;
        return block;
    }

    /// <summary>recv(2).</summary>
    public static Iocb Receive(HandleLease socket, BufferLease buffer, int count, int flags = 0) => OnSocket(CallOperation.Receive, socket, buffer, count, flags);

    /// <summary>recvfrom(2).</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="buffer">Gets the data.</param>
    /// <param name="count">The most bytes of data.</param>
    /// <param name="flags"><c>MSG_*</c>.</param>
    /// <param name="address">Gets the address of the sender.</param>
    /// <param name="addressLength">A 32-bit number: the bytes of the address's buffer, overwritten with those of the address.</param>
    public static Iocb ReceiveFrom(HandleLease socket, BufferLease buffer, int count, int flags, BufferLease address, BufferLease addressLength)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(addressLength);
        Iocb block = OnSocket(CallOperation.ReceiveFrom, socket, buffer, count, flags);
        block.Path = address.Id;
        block.Sixth = (long)addressLength.Id;
        return block;
    }

    /// <summary>
    /// sendmsg(2). The addresses inside the header are the caller's to keep valid until the call has completed.
    /// </summary>
    /// <param name="socket">A bare descriptor, which the caller keeps open.</param>
    /// <param name="message"><c>struct msghdr</c>.</param>
    /// <param name="flags"><c>MSG_*</c>.</param>
    public static Iocb UnsafeSendMessage(int socket, void* message, int flags = 0) => UnsafeMessage(CallOperation.SendMessage, socket, message, flags);

    /// <summary>recvmsg(2). The addresses inside the header are the caller's to keep valid until the call has completed.</summary>
    /// <param name="socket">A bare descriptor, which the caller keeps open.</param>
    /// <param name="message"><c>struct msghdr</c>.</param>
    /// <param name="flags"><c>MSG_*</c>.</param>
    public static Iocb UnsafeReceiveMessage(int socket, void* message, int flags = 0) => UnsafeMessage(CallOperation.ReceiveMessage, socket, message, flags);

    private static Iocb OnSocket(CallOperation operation, HandleLease socket, BufferLease buffer, int count, int flags)
    {
        Iocb block = OnBuffer(operation, socket, buffer, count, 0);
        block.OperationFlags = (uint)flags;
        return block;
    }

    private static Iocb UnsafeMessage(CallOperation operation, int socket, void* message, int flags) => new()
    {
        Operation = operation,
        _flags = IocbFlags.UnsafeHandle | IocbFlags.UnsafeMemory,
        Handle = socket,
        Buffer = (ulong)message,
        OperationFlags = (uint)flags,
    };
}
