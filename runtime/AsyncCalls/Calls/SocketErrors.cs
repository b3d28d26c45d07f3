using System.Net.Sockets;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>The exceptions that the class library throws for error numbers of socket calls (<c>SocketErrorPal</c> in dotnet/runtime).</summary>
internal static class SocketErrors
{
    /// <param name="errno">The error number, positive.</param>
    public static SocketException FromErrno(int errno) => new((int)Of(errno));

    /// <summary>asm-generic/errno.h; what it does not name has no name in the class library either.</summary>
    private static SocketError Of(int errno) => errno switch
    {
        Errno.EACCES or Errno.EPERM => SocketError.AccessDenied,
        Errno.EBADF or Errno.ECANCELED => SocketError.OperationAborted,
        Errno.EAGAIN => SocketError.WouldBlock,
        Errno.EINTR => SocketError.Interrupted,
        Errno.EINVAL => SocketError.InvalidArgument,
        Errno.EMFILE or Errno.ENFILE => SocketError.TooManyOpenSockets,
        Errno.ENOENT => SocketError.AddressNotAvailable,
        Errno.ENXIO => SocketError.HostNotFound,
        Errno.ENOBUFS => SocketError.NoBufferSpaceAvailable,
        Errno.EOPNOTSUPP => SocketError.OperationNotSupported,
        Errno.ECONNABORTED => SocketError.ConnectionAborted,
        14 => SocketError.Fault, // EFAULT
        32 => SocketError.Shutdown, // EPIPE
        61 => SocketError.NoData, // ENODATA
        88 => SocketError.NotSocket, // ENOTSOCK
        89 => SocketError.DestinationAddressRequired, // EDESTADDRREQ
        90 => SocketError.MessageSize, // EMSGSIZE
        91 => SocketError.ProtocolType, // EPROTOTYPE
        92 => SocketError.ProtocolOption, // ENOPROTOOPT
        93 => SocketError.ProtocolNotSupported, // EPROTONOSUPPORT
        94 => SocketError.SocketNotSupported, // ESOCKTNOSUPPORT
        96 => SocketError.ProtocolFamilyNotSupported, // EPFNOSUPPORT
        97 => SocketError.AddressFamilyNotSupported, // EAFNOSUPPORT
        98 => SocketError.AddressAlreadyInUse, // EADDRINUSE
        99 => SocketError.AddressNotAvailable, // EADDRNOTAVAIL
        100 => SocketError.NetworkDown, // ENETDOWN
        101 => SocketError.NetworkUnreachable, // ENETUNREACH
        102 => SocketError.NetworkReset, // ENETRESET
        104 => SocketError.ConnectionReset, // ECONNRESET
        106 => SocketError.IsConnected, // EISCONN
        107 => SocketError.NotConnected, // ENOTCONN
        108 => SocketError.Disconnecting, // ESHUTDOWN
        Errno.ETIMEDOUT => SocketError.TimedOut,
        111 => SocketError.ConnectionRefused, // ECONNREFUSED
        112 => SocketError.HostDown, // EHOSTDOWN
        113 => SocketError.HostUnreachable, // EHOSTUNREACH
        114 => SocketError.AlreadyInProgress, // EALREADY
        115 => SocketError.InProgress, // EINPROGRESS
        _ => SocketError.SocketError,
    };
}
