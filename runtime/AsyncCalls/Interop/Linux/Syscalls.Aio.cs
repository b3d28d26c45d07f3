using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>io_setup(2), io_submit(2), io_getevents(2), io_destroy(2); linux/aio_abi.h.</summary>
internal static unsafe partial class Syscalls
{
    public const ushort AioPRead = 0; // IOCB_CMD_PREAD
    public const ushort AioPWrite = 1; // IOCB_CMD_PWRITE
    public const ushort AioPReadV = 7; // IOCB_CMD_PREADV
    public const ushort AioPWriteV = 8; // IOCB_CMD_PWRITEV

    /// <summary>IOCB_FLAG_RESFD: the completion signals an event descriptor.</summary>
    public const uint AioSignals = 1;

    private static readonly nint IoSetupNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0 : 206;
    private static readonly nint IoDestroyNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 1 : 207;
    private static readonly nint IoGetEventsNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 4 : 208;
    private static readonly nint IoSubmitNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 2 : 209;

    /// <summary>Makes a context for so many requests. 0, or −errno; EAGAIN: the budget of the machine is used up (fs.aio-max-nr).</summary>
    public static int IoSetup(uint requests, out nuint context)
    {
        nuint made = 0;
        int result = (int)Raw(IoSetupNumber, (nint)requests, (nint)(&made), 0, 0, 0, 0);
        context = made;
        return result;
    }

    /// <summary>Ends a context, and waits for what is in flight in it.</summary>
    public static void IoDestroy(nuint context) => Raw(IoDestroyNumber, (nint)context, 0, 0, 0, 0, 0);

    /// <summary>Submits requests, in order. How many the kernel took, which has copied them; or −errno of the first.</summary>
    public static int IoSubmit(nuint context, int count, AioBlock** blocks) => (int)Raw(IoSubmitNumber, (nint)context, count, (nint)blocks, 0, 0, 0);

    /// <summary>Takes the completions that are there. How many, or −errno.</summary>
    public static int IoGetEvents(nuint context, int max, AioEvent* events)
    {
        KernelTimespec none = default;
        return (int)Raw(IoGetEventsNumber, (nint)context, 0, max, (nint)events, (nint)(&none), 0);
    }

    /// <summary><c>struct iocb</c>.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    public struct AioBlock
    {
        [FieldOffset(0)]
        public ulong Data;

        [FieldOffset(12)]
        public uint Flags;

        [FieldOffset(16)]
        public ushort Opcode;

        [FieldOffset(20)]
        public int Fd;

        [FieldOffset(24)]
        public ulong Buffer;

        [FieldOffset(32)]
        public ulong Length;

        [FieldOffset(40)]
        public long Offset;

        [FieldOffset(56)]
        public uint BlockFlags;

        [FieldOffset(60)]
        public int SignalFd;
    }

    /// <summary><c>struct io_event</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct AioEvent
    {
        public ulong Data;
        public ulong Block;
        public long Result;
        public long Result2;
    }
}
