using System.Net.Sockets;
using AsyncCalls.Interop.Linux;
using AsyncCalls.Ring;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls;

/// <summary>The kinds of memory that a ring can be in, and how it gets to another process.</summary>
public sealed unsafe partial class CompletionRing
{
    /// <summary>What a ring's message starts with; the descriptors behind it are the memory, a wake handle and the doorbell.</summary>
    private const int PassedDescriptors = 3;

    /// <summary>Makes a ring of memory of its own.</summary>
    /// <exception cref="IOException">The kernel has no memory or no descriptor to give.</exception>
    public static CompletionRing Create(CompletionRingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        int entries = CheckedEntries(options.Entries);
        return new CompletionRing(RingMemory.Create(options), entries);
    }

    /// <summary>Makes a ring of the caller's memory, which stays pinned until the ring is disposed. What it held is gone.</summary>
    /// <param name="memory">Starts at a multiple of 8 bytes, and has at least <see cref="GetRequiredBytes"/>.</param>
    /// <param name="entries">A power of two from 2 to <see cref="MaxEntries"/>.</param>
    public static CompletionRing Create(Memory<byte> memory, int entries)
    {
        CheckLength(memory.Length, entries, nameof(memory));
        return new CompletionRing(RingMemory.OfCaller(memory), entries);
    }

    /// <summary>
    /// Makes a ring of memory that the caller keeps where it is until the ring is disposed: on the stack, or from an allocator of its own. Unsafe: nobody
    /// can check that.
    /// </summary>
    /// <inheritdoc cref="Create(Memory{byte}, int)"/>
    public static CompletionRing UnsafeCreate(void* memory, nuint length, int entries)
    {
        ArgumentNullException.ThrowIfNull(memory);
        CheckLength((long)Math.Min(length, long.MaxValue), entries, nameof(memory));
        return new CompletionRing(RingMemory.OfCaller((byte*)memory, length), entries);
    }

    /// <summary>
    /// Makes a ring of a file in memory that the caller made (a memfd, a file on tmpfs), from its start. For peers that are trusted, unless the file is sealed
    /// against shrinking: whoever shortens it ends every process that uses the ring.
    /// </summary>
    /// <exception cref="IOException">The file cannot be mapped.</exception>
    public static CompletionRing Create(SafeFileHandle file, int entries)
    {
        ArgumentNullException.ThrowIfNull(file);
        SafeFileHandle own = Duplicate(file);
        try
        {
            long length = RingHeader.CheckFile((int)own.DangerousGetHandle(), trustUnsealed: true);
            CheckLength(length, entries, nameof(file));
            return new CompletionRing(RingMemory.OfFile(own, length), entries);
        }
        catch
        {
            own.Dispose();
            throw;
        }
    }

    /// <summary>Joins a ring that another process made, to consume from it. Its header is checked before anything of it is believed.</summary>
    /// <param name="sharedMemory">The ring's file. The caller keeps this handle.</param>
    /// <param name="wakeHandle">A wake handle that nobody else waits on (<see cref="CreateWakeHandle"/> in the owning process); null: this process never waits.</param>
    /// <param name="doorbell">The ring's doorbell; null: what waits outside a full ring comes in when the owner publishes next.</param>
    /// <param name="trustUnsealed">Whether to take memory whose size is not sealed. Whoever shortens it ends this process.</param>
    /// <exception cref="InvalidDataException">It is not the memory of a ring, or is not sealed.</exception>
    /// <exception cref="NotSupportedException">The ring is of another version, or needs a feature that is not known here.</exception>
    /// <exception cref="IOException">The file cannot be mapped.</exception>
    public static CompletionRing Attach(
        SafeFileHandle sharedMemory, SafeFileHandle? wakeHandle = null, SafeFileHandle? doorbell = null, bool trustUnsealed = false)
    {
        ArgumentNullException.ThrowIfNull(sharedMemory);
        var own = new List<SafeFileHandle>();
        SafeFileHandle? Own(SafeFileHandle? handle)
        {
            if (handle is not null)
            {
                own.Add(Duplicate(handle));
            }

            return handle is null ? null : own[^1];
        }

        try
        {
            SafeFileHandle file = Own(sharedMemory)!;
            SafeFileHandle? wake = Own(wakeHandle);
            if (wake is not null)
            {
                Syscalls.SetNonBlocking((int)wake.DangerousGetHandle());
            }

            long length = RingHeader.CheckFile((int)file.DangerousGetHandle(), trustUnsealed);
            if (length == 0)
            {
                throw new InvalidDataException("An empty file is not a completion ring.");
            }

            return new CompletionRing(RingMemory.OfFile(file, length), wake, Own(doorbell));
        }
        catch
        {
            own.ForEach(static handle => handle.Dispose());
            throw;
        }
    }

    /// <summary>
    /// Sends the ring to the process at the other end of a Unix socket: its memory, a wake handle of its own and the doorbell, as one message with
    /// SCM_RIGHTS. Received by <see cref="ReceiveFrom"/>, or by <c>acring_receive</c> in C.
    /// </summary>
    /// <returns>What wakes the receiver: the other end of its wake handle. Disposing it ends the receiver's wake-ups, and its waits (<see cref="IsClosed"/>).</returns>
    /// <exception cref="InvalidOperationException">The ring is not one that processes can share, or this process does not own it.</exception>
    public SafeFileHandle SendTo(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (_memory.File is not { } file)
        {
            throw new InvalidOperationException("Only a ring in shared memory can be sent to another process.");
        }

        SafeFileHandle doorbell = GetDoorbell();
        (SafeFileHandle theirs, SafeFileHandle wake) = GetWaker().CreatePipe();
        _producer?.WakeIfReached();
        Span<int> descriptors = [(int)file.DangerousGetHandle(), (int)theirs.DangerousGetHandle(), (int)doorbell.DangerousGetHandle()];
        uint greeting = RingLayout.MagicValue;
        int sent = Syscalls.SendDescriptors((int)socket.Handle, new ReadOnlySpan<byte>(&greeting, sizeof(uint)), descriptors);
        GC.KeepAlive(this);
        GC.KeepAlive(socket);
        theirs.Dispose();
        if (sent != sizeof(uint))
        {
            wake.Dispose();
            throw RingMemory.Failure("The ring could not be sent", -sent);
        }

        return wake;
    }

    /// <summary>Receives a ring that <see cref="SendTo"/> sent, and joins it. Blocks until the message is there if the socket does.</summary>
    /// <exception cref="InvalidDataException">The message is not a ring; or see <see cref="Attach"/>.</exception>
    public static CompletionRing ReceiveFrom(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        uint greeting = 0;
        Span<int> descriptors = stackalloc int[PassedDescriptors];
        int received = Syscalls.ReceiveDescriptors(
            (int)socket.Handle, new Span<byte>(&greeting, sizeof(uint)), descriptors, out int passed, out bool truncated);
        GC.KeepAlive(socket);
        var handles = new SafeFileHandle[passed];
        for (int i = 0; i < passed; i++)
        {
            handles[i] = new SafeFileHandle(descriptors[i], ownsHandle: true);
        }

        try
        {
            if (received < 0)
            {
                throw RingMemory.Failure("No ring could be received", -received);
            }

            if (received != sizeof(uint) || greeting != RingLayout.MagicValue || passed != PassedDescriptors || truncated)
            {
                throw new InvalidDataException($"This message is not a completion ring: {received} bytes and {passed} descriptors.");
            }

            return Attach(handles[0], handles[1], handles[2]);
        }
        finally
        {
            Array.ForEach(handles, static handle => handle.Dispose());
        }
    }

    private static SafeFileHandle Duplicate(SafeFileHandle handle)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("Rings that processes share need Linux.");
        }

        bool held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            int fd = Syscalls.Duplicate((int)handle.DangerousGetHandle());
            return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw RingMemory.Failure("The descriptor cannot be used", -fd);
        }
        finally
        {
            if (held)
            {
                handle.DangerousRelease();
            }
        }
    }

    private static void CheckLength(long length, int entries, string name)
    {
        if (length < GetRequiredBytes(entries))
        {
            throw new ArgumentException($"A ring of {entries} entries takes {GetRequiredBytes(entries)} bytes; there are {length}.", name);
        }
    }
}
