using System.Net.Sockets;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>The exceptions that the class library throws for error numbers of socket calls (<c>SocketErrorPal</c> in dotnet/runtime).</summary>
internal static class SocketErrors
{
    /// <param name="errno">The error number, positive.</param>
    public static SocketException FromErrno(int errno) => new((int)Of(errno));

    /// <summary>What is not named here has no name in the class library either.</summary>
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
        Errno.EFAULT => SocketError.Fault,
        Errno.EPIPE => SocketError.Shutdown,
        Errno.ENODATA => SocketError.NoData,
        Errno.ENOTSOCK => SocketError.NotSocket,
        Errno.EDESTADDRREQ => SocketError.DestinationAddressRequired,
        Errno.EMSGSIZE => SocketError.MessageSize,
        Errno.EPROTOTYPE => SocketError.ProtocolType,
        Errno.ENOPROTOOPT => SocketError.ProtocolOption,
        Errno.EPROTONOSUPPORT => SocketError.ProtocolNotSupported,
        Errno.ESOCKTNOSUPPORT => SocketError.SocketNotSupported,
        Errno.EPFNOSUPPORT => SocketError.ProtocolFamilyNotSupported,
        Errno.EAFNOSUPPORT => SocketError.AddressFamilyNotSupported,
        Errno.EADDRINUSE => SocketError.AddressAlreadyInUse,
        Errno.EADDRNOTAVAIL => SocketError.AddressNotAvailable,
        Errno.ENETDOWN => SocketError.NetworkDown,
        Errno.ENETUNREACH => SocketError.NetworkUnreachable,
        Errno.ENETRESET => SocketError.NetworkReset,
        Errno.ECONNRESET => SocketError.ConnectionReset,
        Errno.EISCONN => SocketError.IsConnected,
        Errno.ENOTCONN => SocketError.NotConnected,
        Errno.ESHUTDOWN => SocketError.Disconnecting,
        Errno.ETIMEDOUT => SocketError.TimedOut,
        Errno.ECONNREFUSED => SocketError.ConnectionRefused,
        Errno.EHOSTDOWN => SocketError.HostDown,
        Errno.EHOSTUNREACH => SocketError.HostUnreachable,
        Errno.EALREADY => SocketError.AlreadyInProgress,
        Errno.EINPROGRESS => SocketError.InProgress,
        _ => SocketError.SocketError,
    };
}
