using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>Passing descriptors to another process: SCM_RIGHTS, unix(7).</summary>
internal static unsafe partial class Syscalls
{
    private const int SocketLevel = 1; // SOL_SOCKET
    private const int Rights = 1; // SCM_RIGHTS
    private const int NoSignal = 0x4000; // MSG_NOSIGNAL
    private const int ReceiveCloseOnExec = 0x40000000; // MSG_CMSG_CLOEXEC
    private const int ControlTruncated = 0x8; // MSG_CTRUNC
    private const int PassedMax = 8;

    /// <summary>Sends bytes and descriptors as one message. The number of bytes, or −errno.</summary>
    public static int SendDescriptors(int socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<int> descriptors)
    {
        ControlBuffer control = default;
        control.Length = (nuint)(ControlBuffer.HeaderBytes + (descriptors.Length * sizeof(int)));
        control.Level = SocketLevel;
        control.Kind = Rights;
        descriptors.CopyTo(new Span<int>(control.Descriptors, PassedMax));
        fixed (byte* start = bytes)
        {
            var vector = new MessageVector { Start = start, Length = (nuint)bytes.Length };
            var message = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = &control };
            message.ControlLength = (nuint)(ControlBuffer.HeaderBytes + AlignedTo8(descriptors.Length * sizeof(int)));
            nint sent;
            do
            {
                sent = Answer(sendmsg(socket, &message, NoSignal));
            }
            while (sent == -Errno.EINTR);
            return (int)sent;
        }
    }

    /// <summary>Receives one message with descriptors, close-on-exec. The number of bytes, or −errno. The caller owns the descriptors.</summary>
    public static int ReceiveDescriptors(int socket, Span<byte> bytes, Span<int> descriptors, out int passed, out bool truncated)
    {
        ControlBuffer control = default;
        fixed (byte* start = bytes)
        {
            var vector = new MessageVector { Start = start, Length = (nuint)bytes.Length };
            var message = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = &control, ControlLength = (nuint)sizeof(ControlBuffer) };
            nint received;
            do
            {
                received = Answer(recvmsg(socket, &message, ReceiveCloseOnExec));
            }
            while (received == -Errno.EINTR);

            passed = 0;
            truncated = (message.Flags & ControlTruncated) != 0;
            bool hasRights = received >= 0 && message.ControlLength >= ControlBuffer.HeaderBytes
                && control.Level == SocketLevel && control.Kind == Rights;
            if (hasRights)
            {
                int count = Math.Min(PassedMax, (int)(control.Length - ControlBuffer.HeaderBytes) / sizeof(int));
                for (int i = 0; i < count; i++)
                {
                    if (passed < descriptors.Length)
                    {
                        descriptors[passed++] = control.Descriptors[i];
                    }
                    else
                    {
                        truncated = true;
                        Close(control.Descriptors[i]);
                    }
                }
            }

            return (int)received;
        }
    }

    private static int AlignedTo8(int length) => (length + 7) & ~7;

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageVector
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary>struct msghdr of a 64-bit kernel.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public MessageVector* Vectors;
        public nuint VectorCount;
        public ControlBuffer* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>struct cmsghdr of a 64-bit kernel with its descriptors behind it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ControlBuffer
    {
        public const int HeaderBytes = 16;

        public nuint Length;
        public int Level;
        public int Kind;
        public fixed int Descriptors[PassedMax];
    }

    [LibraryImport(Libc)]
    private static partial nint sendmsg(int socket, MessageHeader* message, int flags);

    [LibraryImport(Libc)]
    private static partial nint recvmsg(int socket, MessageHeader* message, int flags);
}
