using System.Runtime.InteropServices;
using AsyncCalls.Backends;
using AsyncCalls.Backends.IoUring;
using AsyncCalls.Calls;
using AsyncCalls.Interop.Linux;
using AsyncCalls.Routing;

namespace AsyncCalls.Contexts;

/// <summary>Attributes change the way of a call where only one backend can honour them.</summary>
internal sealed partial class CallEngine
{
    /// <summary>Gives a prepared call its attributes.</summary>
    /// <returns>The backend that makes it: credentials need io_uring, also where workers would be quicker; what io_uring takes for an error, and what would wait in epoll, goes to workers.</returns>
    /// <exception cref="ArgumentException">The credentials were registered with another runtime.</exception>
    /// <exception cref="ObjectDisposedException">The credentials were taken back.</exception>
    public Backend Attach(Call call, CallAttributes attributes, Backend chosen)
    {
        if (attributes.Personality is { } personality)
        {
            ObjectDisposedException.ThrowIf(personality.IsDisposed, personality);
            if (personality.Runtime != this)
            {
                throw new ArgumentException("The credentials were registered with another runtime: register them with this one.", nameof(attributes));
            }
        }

        if (call is not IoCall io)
        {
            attributes.Begin();
            return attributes.Personality is null
                ? chosen
                : throw new ArgumentException("A method cannot run with other credentials: only system calls that io_uring has can.", nameof(attributes));
        }

        io.SetAttributes(attributes);
        chosen = chosen == Backend.Polled ? Backend.IoUring : chosen;
        return _simulated is not null ? chosen
            : chosen is Backend.Epoll or Backend.LinuxAio || !IoUringAttributes.Fit(attributes) ? Backend.Workers
            : attributes.Personality is not null && chosen != Backend.IoUring && MayBeNative(io) ? Backend.IoUring
            : chosen;
    }

    /// <summary>Registers the credentials of the calling thread.</summary>
    /// <exception cref="NotSupportedException">There is no io_uring, or it refuses.</exception>
    public CallPersonality RegisterPersonality()
    {
        if (_ioUring is not { IsBroken: false } ioUring)
        {
            throw new NotSupportedException($"Credentials of calls need io_uring, which is not available here: {Capabilities.IoUring.Reason}.");
        }

        int id = ioUring.Register(IoUringConstants.RegisterPersonality, 0);
        return id >= 0
            ? new CallPersonality(this, (ushort)id, registered => ioUring.Register(IoUringConstants.UnregisterPersonality, registered))
            : throw new NotSupportedException($"io_uring takes no credentials here: {Marshal.GetPInvokeErrorMessage(-id)} ({-id}).");
    }

    /// <summary>Whether io_uring can make a call that goes to workers only because they are quicker.</summary>
    private bool MayBeNative(IoCall call)
    {
        Route route = RoutingTable.Find(call.Operation, call.Kind);
        return route.First != Backend.IoUring
            && route.MayBeNative
            && _ioUring is { IsBroken: false }
            && OperationTable.Of(call.Operation).Native is { } form
            && _ioUring.Supports(form.Opcode)
            && form.Fits(call.Iocb)
            && !form.IsTimeLimited(call.Iocb);
    }
}
