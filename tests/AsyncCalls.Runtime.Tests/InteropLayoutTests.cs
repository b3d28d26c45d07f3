using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace AsyncCalls.Runtime.Tests;

/// <summary>Sizes, offsets and constants against a C program that is compiled from this machine's headers.</summary>
public sealed unsafe class InteropLayoutTests
{
    private static readonly Dictionary<string, (string Member, string Field)[]> Structures = new()
    {
        ["IoUringParameters|struct io_uring_params"] =
        [
            ("sq_entries", "SqEntries"), ("cq_entries", "CqEntries"), ("flags", "Flags"), ("sq_thread_cpu", "SqThreadCpu"), ("sq_thread_idle", "SqThreadIdle"),
            ("features", "Features"), ("wq_fd", "WqFd"), ("resv", "Reserved0"), ("sq_off", "Sq"), ("cq_off", "Cq"),
        ],
        ["IoUringSqOffsets|struct io_sqring_offsets"] =
        [
            ("head", "Head"), ("tail", "Tail"), ("ring_mask", "RingMask"), ("ring_entries", "RingEntries"), ("flags", "Flags"), ("dropped", "Dropped"),
            ("array", "Array"), ("resv1", "Reserved"), ("resv1) + sizeof(__u32", "UserAddress"),
        ],
        ["IoUringCqOffsets|struct io_cqring_offsets"] =
        [
            ("head", "Head"), ("tail", "Tail"), ("ring_mask", "RingMask"), ("ring_entries", "RingEntries"), ("overflow", "Overflow"), ("cqes", "Cqes"),
            ("flags", "Flags"), ("resv1", "Reserved"), ("resv1) + sizeof(__u32", "UserAddress"),
        ],
        ["IoUringSqe|struct io_uring_sqe"] =
        [
            ("opcode", "Opcode"), ("flags", "Flags"), ("ioprio", "IoPriority"), ("fd", "Fd"), ("off", "Offset"), ("addr", "Address"), ("len", "Length"),
            ("rw_flags", "OperationFlags"), ("user_data", "UserData"), ("buf_group", "BufferGroup"), ("personality", "Personality"), ("splice_fd_in", "SpliceFd"), ("addr3", "Address3"),
        ],
        ["IoUringRingPlace|struct io_uring_rsrc_update"] = [("offset", "Offset"), ("resv", "Reserved"), ("data", "Fd")],
        ["IoUringRestriction|struct io_uring_restriction"] = [("opcode", "Kind"), ("sqe_op", "Value")],
        ["KernelTimespec|struct __kernel_timespec"] = [("tv_sec", "Seconds"), ("tv_nsec", "Nanoseconds")],
        ["IoUringCqe|struct io_uring_cqe"] = [("user_data", "UserData"), ("res", "Result"), ("flags", "Flags")],
        ["IoUringBuffer|struct io_uring_buf"] = [("addr", "Address"), ("len", "Length"), ("bid", "Id"), ("resv", "Tail")],
        ["IoUringBufferRegistration|struct io_uring_buf_reg"] = [("ring_addr", "RingAddress"), ("ring_entries", "RingEntries"), ("bgid", "Group"), ("bgid) + sizeof(__u16", "Flags"), ("resv", "Reserved")],
        ["Syscalls+SignalAction|struct sigaction"] = [("sa_handler", "Handler"), ("sa_mask", "Mask"), ("sa_flags", "Flags"), ("sa_restorer", "Restorer")],
        ["Syscalls+AioBlock|struct iocb"] =
        [
            ("aio_data", "Data"), ("aio_rw_flags", "Flags"), ("aio_lio_opcode", "Opcode"), ("aio_fildes", "Fd"), ("aio_buf", "Buffer"), ("aio_nbytes", "Length"),
            ("aio_offset", "Offset"), ("aio_flags", "BlockFlags"), ("aio_resfd", "SignalFd"),
        ],
        ["Syscalls+AioEvent|struct io_event"] = [("data", "Data"), ("obj", "Block"), ("res", "Result"), ("res2", "Result2")],
        ["Syscalls+IoVector|struct iovec"] = [("iov_base", "Base"), ("iov_len", "Length")],
    };

    /// <summary>Constants of the runtime, by type and name, and the C expression of each.</summary>
    private static readonly (string Type, string Name, string Expression)[] Constants =
    [
        ("Syscalls", "NonBlock", "O_NONBLOCK"), ("Syscalls", "Direct", "O_DIRECT"), ("Syscalls", "CurrentDirectory", "AT_FDCWD"),
        ("Syscalls", "AtEmptyPath", "AT_EMPTY_PATH"), ("Syscalls", "StatxType", "STATX_TYPE"), ("Syscalls", "StatxSize", "sizeof(struct statx)"),
        ("Syscalls", "StatxModeOffset", "offsetof(struct statx, stx_mode)"), ("Syscalls", "GetFlagsCommand", "F_GETFL"), ("Syscalls", "SeekCurrent", "SEEK_CUR"),
        ("Syscalls", "FileTypeMask", "S_IFMT"), ("Syscalls", "RegularFile", "S_IFREG"), ("Syscalls", "SocketFile", "S_IFSOCK"), ("Syscalls", "BlockDevice", "S_IFBLK"),
        ("Syscalls", "RwfNoWait", "RWF_NOWAIT"), ("Syscalls", "PReadV2Number", "SYS_preadv2"), ("Syscalls", "PWriteV2Number", "SYS_pwritev2"),
        ("Syscalls", "BlockCommand", "SIG_BLOCK"), ("Syscalls", "UnblockCommand", "SIG_UNBLOCK"), ("Syscalls", "TgKillNumber", "SYS_tgkill"), ("Syscalls", "GetTidNumber", "SYS_gettid"), ("Syscalls", "OnStack", "SA_ONSTACK"),
        ("Syscalls", "IoUringSetupNumber", "SYS_io_uring_setup"), ("Syscalls", "IoUringEnterNumber", "SYS_io_uring_enter"),
        ("Syscalls", "IoUringRegisterNumber", "SYS_io_uring_register"), ("Syscalls", "EventFdCloseOnExec", "EFD_CLOEXEC"),
        ("Syscalls", "EventFdNonBlock", "EFD_NONBLOCK"), ("Syscalls", "ReadWrite", "PROT_READ | PROT_WRITE"),
        ("Syscalls", "SharedPopulate", "MAP_SHARED | MAP_POPULATE"), ("Syscalls", "DontFork", "MADV_DONTFORK"),
        ("IoUringConstants", "OpNop", "IORING_OP_NOP"), ("IoUringConstants", "OpAsyncCancel", "IORING_OP_ASYNC_CANCEL"),
        ("IoUringConstants", "OpLinkTimeout", "IORING_OP_LINK_TIMEOUT"), ("IoUringConstants", "SqeIoLink", "IOSQE_IO_LINK"),
        ("IoUringConstants", "SqeBufferSelect", "IOSQE_BUFFER_SELECT"), ("IoUringConstants", "AcceptMultishot", "IORING_ACCEPT_MULTISHOT"),
        ("IoUringConstants", "ReceiveMultishot", "IORING_RECV_MULTISHOT"), ("IoUringConstants", "PollAddMultishot", "IORING_POLL_ADD_MULTI"),
        ("IoUringConstants", "CompletionBuffer", "IORING_CQE_F_BUFFER"), ("IoUringConstants", "CompletionMore", "IORING_CQE_F_MORE"), ("IoUringConstants", "CompletionNotification", "IORING_CQE_F_NOTIF"), ("IoUringConstants", "SqeFixedFile", "IOSQE_FIXED_FILE"), ("IoUringConstants", "SendFixedBuffer", "IORING_RECVSEND_FIXED_BUF"), ("IoUringConstants", "RegisterFileTable", "IORING_REGISTER_FILES2"), ("IoUringConstants", "UpdateFileTable", "IORING_REGISTER_FILES_UPDATE2"), ("IoUringConstants", "RegisterBufferTable", "IORING_REGISTER_BUFFERS2"), ("IoUringConstants", "UpdateBufferTable", "IORING_REGISTER_BUFFERS_UPDATE"), ("IoUringConstants", "TableSparse", "IORING_RSRC_REGISTER_SPARSE"),
        ("IoUringConstants", "SetupIoPoll", "IORING_SETUP_IOPOLL"), ("IoUringConstants", "SetupSqPoll", "IORING_SETUP_SQPOLL"), ("IoUringConstants", "SetupNoMmap", "1u << 14"), ("IoUringConstants", "EnterSqWakeup", "IORING_ENTER_SQ_WAKEUP"), ("IoUringConstants", "EnterSqWait", "IORING_ENTER_SQ_WAIT"), ("IoUringConstants", "SqNeedWakeup", "IORING_SQ_NEED_WAKEUP"),
        ("IoUringConstants", "CompletionBufferShift", "IORING_CQE_BUFFER_SHIFT"), ("IoUringConstants", "RegisterBufferRing", "IORING_REGISTER_PBUF_RING"),
        ("IoUringConstants", "UnregisterBufferRing", "IORING_UNREGISTER_PBUF_RING"),
        ("IoUringConstants", "TimeoutAbsolute", "IORING_TIMEOUT_ABS"),
        ("IoUringConstants", "OpRead", "IORING_OP_READ"), ("IoUringConstants", "OpWrite", "IORING_OP_WRITE"),
        ("IoUringConstants", "SetupCqSize", "IORING_SETUP_CQSIZE"), ("IoUringConstants", "SetupClamp", "IORING_SETUP_CLAMP"),
        ("IoUringConstants", "SetupSubmitAll", "IORING_SETUP_SUBMIT_ALL"), ("IoUringConstants", "SetupCoopTaskRun", "IORING_SETUP_COOP_TASKRUN"),
        ("IoUringConstants", "SetupTaskRunFlag", "IORING_SETUP_TASKRUN_FLAG"), ("IoUringConstants", "FeatureSingleMmap", "IORING_FEAT_SINGLE_MMAP"),
        ("IoUringConstants", "FeatureNoDrop", "IORING_FEAT_NODROP"), ("IoUringConstants", "FeatureSubmitStable", "IORING_FEAT_SUBMIT_STABLE"),
        ("IoUringConstants", "FeatureReadWriteCurrentPosition", "IORING_FEAT_RW_CUR_POS"), ("IoUringConstants", "EnterGetEvents", "IORING_ENTER_GETEVENTS"),
        ("IoUringConstants", "SqCqOverflow", "IORING_SQ_CQ_OVERFLOW"), ("IoUringConstants", "SqTaskRun", "IORING_SQ_TASKRUN"),
        ("IoUringConstants", "RegisterRingFds", "IORING_REGISTER_RING_FDS"), ("IoUringConstants", "UnregisterRingFds", "IORING_UNREGISTER_RING_FDS"),
        ("IoUringConstants", "EnterRegisteredRing", "IORING_ENTER_REGISTERED_RING"),
        ("IoUringConstants", "RegisterProbe", "IORING_REGISTER_PROBE"), ("IoUringConstants", "ProbeSupported", "IO_URING_OP_SUPPORTED"),
        ("IoUringConstants", "SqeBufferSelect", "IOSQE_BUFFER_SELECT"), ("IoUringConstants", "SetupDisabled", "IORING_SETUP_R_DISABLED"),
        ("IoUringConstants", "RegisterPersonality", "IORING_REGISTER_PERSONALITY"), ("IoUringConstants", "UnregisterPersonality", "IORING_UNREGISTER_PERSONALITY"),
        ("IoUringConstants", "RegisterRestrictions", "IORING_REGISTER_RESTRICTIONS"), ("IoUringConstants", "RegisterEnableRings", "IORING_REGISTER_ENABLE_RINGS"),
        ("IoUringConstants", "RegisterBufferRing", "IORING_REGISTER_PBUF_RING"), ("IoUringConstants", "UnregisterBufferRing", "IORING_UNREGISTER_PBUF_RING"),
        ("IoUringConstants", "RestrictionRegisterOp", "IORING_RESTRICTION_REGISTER_OP"), ("IoUringConstants", "RestrictionSqeOp", "IORING_RESTRICTION_SQE_OP"),
        ("IoUringConstants", "RestrictionSqeFlagsAllowed", "IORING_RESTRICTION_SQE_FLAGS_ALLOWED"),

        // Newer than the headers of many machines, written out: linux/io_uring.h of 6.14.
        ("IoUringConstants", "FeatureAttributes", "1 << 16"), ("IoUringConstants", "AttributeProtection", "1"),
        ("Syscalls", "SetIoPriorityNumber", "SYS_ioprio_set"), ("Syscalls", "GetIoPriorityNumber", "SYS_ioprio_get"), ("Syscalls", "OfThread", "IOPRIO_WHO_PROCESS"),
        ("IoUringConstants", "SqRingOffset", "IORING_OFF_SQ_RING"), ("IoUringConstants", "SqesOffset", "IORING_OFF_SQES"),
        .. new (string Name, string Kernel)[]
        {
            ("ReadV", "READV"), ("WriteV", "WRITEV"), ("FSync", "FSYNC"), ("PollAdd", "POLL_ADD"), ("SyncFileRange", "SYNC_FILE_RANGE"), ("SendMsg", "SENDMSG"),
            ("RecvMsg", "RECVMSG"), ("Timeout", "TIMEOUT"), ("Accept", "ACCEPT"), ("Connect", "CONNECT"), ("FAllocate", "FALLOCATE"), ("OpenAt", "OPENAT"),
            ("Close", "CLOSE"), ("StatX", "STATX"), ("FAdvise", "FADVISE"), ("MAdvise", "MADVISE"), ("Send", "SEND"), ("Recv", "RECV"),
            ("OpenAt2", "OPENAT2"), ("EpollCtl", "EPOLL_CTL"), ("Splice", "SPLICE"), ("Tee", "TEE"), ("Shutdown", "SHUTDOWN"), ("RenameAt", "RENAMEAT"),
            ("UnlinkAt", "UNLINKAT"), ("MkDirAt", "MKDIRAT"), ("SymLinkAt", "SYMLINKAT"), ("LinkAt", "LINKAT"), ("FSetXAttr", "FSETXATTR"), ("SetXAttr", "SETXATTR"),
            ("FGetXAttr", "FGETXATTR"), ("GetXAttr", "GETXATTR"), ("Socket", "SOCKET"), ("SendZeroCopy", "SEND_ZC"), ("ReadFixed", "READ_FIXED"), ("WriteFixed", "WRITE_FIXED"),
        }.Select(operation => ("IoUringConstants", "Op" + operation.Name, "IORING_OP_" + operation.Kernel)),

        // Newer than the headers of many machines: counted on from one that they have. DifferentialTests show that the kernel means the same.
        ("IoUringConstants", "OpReadMultishot", "IORING_OP_SEND_ZC + 2"),
        ("IoUringConstants", "OpWaitId", "IORING_OP_SEND_ZC + 3"), ("IoUringConstants", "OpFutexWait", "IORING_OP_SEND_ZC + 4"), ("IoUringConstants", "OpFutexWake", "IORING_OP_SEND_ZC + 5"), ("IoUringConstants", "OpFTruncate", "IORING_OP_SEND_ZC + 8"),
        ("IoUringConstants", "OpBind", "IORING_OP_SEND_ZC + 9"), ("IoUringConstants", "OpListen", "IORING_OP_SEND_ZC + 10"), ("IoUringConstants", "OpEpollWait", "IORING_OP_SEND_ZC + 12"), ("IoUringConstants", "OpPipe", "IORING_OP_SEND_ZC + 15"),
        ("IoUringConstants", "FSyncDataSync", "IORING_FSYNC_DATASYNC"), ("IoUringConstants", "SendAll", "MSG_WAITALL"),
        ("Syscalls", "VectorBytes", "sizeof(struct iovec)"), ("Syscalls", "EpollEventBytes", "sizeof(struct epoll_event)"),
        ("Syscalls", "EpollDataOffset", "offsetof(struct epoll_event, data)"), ("Syscalls", "EpollAdd", "EPOLL_CTL_ADD"), ("Syscalls", "EpollDelete", "EPOLL_CTL_DEL"),
        ("Syscalls", "EpollModify", "EPOLL_CTL_MOD"), ("Syscalls", "EpollIn", "EPOLLIN"), ("Syscalls", "EpollOut", "EPOLLOUT"), ("Syscalls", "EpollError", "EPOLLERR"),
        ("Syscalls", "EpollHangUp", "EPOLLHUP"), ("Syscalls", "EpollReadHangUp", "EPOLLRDHUP"), ("Syscalls", "EpollOneShot", "(unsigned)EPOLLONESHOT"), ("Syscalls", "EpollEdge", "(unsigned)EPOLLET"),
        ("Syscalls", "EpollCloseOnExec", "EPOLL_CLOEXEC"), ("Syscalls", "DoNotWait", "MSG_DONTWAIT"), ("Syscalls", "ReceiveTimeLimit", "SO_RCVTIMEO"), ("Syscalls", "SendTimeLimit", "SO_SNDTIMEO"),
        ("Syscalls", "PlainReceiveFlags", "MSG_PEEK | MSG_TRUNC | MSG_NOSIGNAL | MSG_CMSG_CLOEXEC"),
        ("Syscalls", "PlainSendFlags", "MSG_DONTROUTE | MSG_EOR | MSG_NOSIGNAL | MSG_MORE"),
        ("Syscalls", "PollOut", "POLLOUT"), ("Syscalls", "PollInvalid", "POLLNVAL"), ("Syscalls", "SocketError", "SO_ERROR"),
        ("Syscalls", "AioPRead", "IOCB_CMD_PREAD"), ("Syscalls", "AioPWrite", "IOCB_CMD_PWRITE"), ("Syscalls", "AioPReadV", "IOCB_CMD_PREADV"), ("Syscalls", "AioPWriteV", "IOCB_CMD_PWRITEV"),
        ("Syscalls", "AioSignals", "IOCB_FLAG_RESFD"), ("Syscalls", "IoSetupNumber", "SYS_io_setup"), ("Syscalls", "IoDestroyNumber", "SYS_io_destroy"), ("Syscalls", "IoSubmitNumber", "SYS_io_submit"), ("Syscalls", "IoGetEventsNumber", "SYS_io_getevents"),
        ("Syscalls", "MonotonicClock", "CLOCK_MONOTONIC"), ("Syscalls", "AbsoluteTime", "TIMER_ABSTIME"),
        ("Syscalls", "ClockNanoSleepNumber", "SYS_clock_nanosleep"), ("Syscalls", "UnameNumber", "SYS_uname"), ("Syscalls", "NameBytes", "sizeof(((struct new_utsname *)0)->release)"), ("Syscalls", "SpliceNumber", "SYS_splice"),
        .. ((string[])["EPERM", "ENOENT", "EINTR", "EIO", "ENXIO", "EBADF", "EAGAIN", "ENOMEM", "EACCES", "EFAULT", "EBUSY", "EEXIST", "ENOTDIR", "EINVAL", "ENFILE", "EMFILE", "EFBIG", "ESPIPE", "EROFS", "EPIPE", "ENAMETOOLONG", "ENOSYS", "EBADR", "ENODATA", "ETIME", "EBADFD", "ENOTSOCK", "EDESTADDRREQ", "EMSGSIZE", "EPROTOTYPE", "ENOPROTOOPT", "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "EOPNOTSUPP", "EPFNOSUPPORT", "EAFNOSUPPORT", "EADDRINUSE", "EADDRNOTAVAIL", "ENETDOWN", "ENETUNREACH", "ENETRESET", "ECONNABORTED", "ECONNRESET", "ENOBUFS", "EISCONN", "ENOTCONN", "ESHUTDOWN", "ETIMEDOUT", "ECONNREFUSED", "EHOSTDOWN", "EHOSTUNREACH", "EALREADY", "EINPROGRESS", "ECANCELED"])
            .Select(name => ("Errno", name, name)),
    ];

    [Fact]
    public void The_control_block_has_128_bytes() => Assert.Equal(128, sizeof(Iocb));

    [Fact]
    public void Structures_and_constants_are_those_of_the_headers()
    {
        Assembly runtime = typeof(AsyncCallRuntime).Assembly;
        var expected = new List<(string What, string Expression, long Actual)>();
        foreach ((string key, (string Member, string Field)[] members) in Structures)
        {
            string[] names = key.Split('|');
            Type type = runtime.GetType($"AsyncCalls.Interop.Linux.{names[0]}", throwOnError: true)!;
            expected.Add((names[1], $"sizeof({names[1]})", Marshal.SizeOf(type)));
            foreach ((string member, string field) in members)
            {
                // The bytes of a field: the C expression may name the end of the field before it.
                expected.Add(($"{names[1]}.{field}", $"offsetof({names[1]}, {member})", (long)Marshal.OffsetOf(type, field)));
            }
        }

        foreach ((string typeName, string name, string expression) in Constants)
        {
            Type type = runtime.GetType($"AsyncCalls.Interop.Linux.{typeName}", throwOnError: true)!;
            FieldInfo field = type.GetField(name, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
                ?? throw new InvalidOperationException($"{typeName}.{name} is gone: take it off the list.");
            expected.Add(($"{typeName}.{name}", expression, Convert.ToInt64(field.GetValue(null) is nint number ? (long)number : field.GetValue(null), CultureInfo.InvariantCulture)));
        }

        // No constant of io_uring or errno is left out of the list.
        foreach (string typeName in (string[])["IoUringConstants", "Errno"])
        {
            Type type = runtime.GetType($"AsyncCalls.Interop.Linux.{typeName}", throwOnError: true)!;
            Assert.All(
                type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic),
                field => Assert.Contains(Constants, constant => constant.Type == typeName && constant.Name == field.Name));
        }

        long[] actual = Evaluate([.. expected.Select(entry => entry.Expression)]);
        for (int i = 0; i < actual.Length; i++)
        {
            Assert.True(expected[i].Actual == actual[i], $"{expected[i].What} is {expected[i].Actual}; {expected[i].Expression} is {actual[i]}.");
        }
    }

    /// <summary>The values of C expressions, by a program that is compiled for the purpose.</summary>
    private static long[] Evaluate(string[] expressions)
    {
        string folder = Directory.CreateTempSubdirectory("asynccalls").FullName;
        try
        {
            string source = Path.Combine(folder, "layout.c");
            string program = Path.Combine(folder, "layout");
            File.WriteAllText(
                source,
                """
                #define _GNU_SOURCE
                #include <errno.h>
                #include <fcntl.h>
                #include <signal.h>
                #include <stddef.h>
                #include <stdio.h>
                #include <unistd.h>
                #include <poll.h>
                #include <time.h>
                #include <sys/epoll.h>
                #include <sys/eventfd.h>
                #include <sys/socket.h>
                #include <sys/mman.h>
                #include <sys/stat.h>
                #include <sys/syscall.h>
                #include <sys/uio.h>
                #include <linux/aio_abi.h>
                #include <linux/io_uring.h>
                #include <linux/ioprio.h>
                #include <linux/utsname.h>
                int main(void) {

                """ + string.Concat(expressions.Select(expression => $"printf(\"%lld\\n\", (long long)({expression}));\n")) + "return 0; }\n");
            (int exitCode, string output) compiled;
            try
            {
                compiled = Run("cc", "-o", program, source);
            }
            catch (System.ComponentModel.Win32Exception)
            {
                Assert.Skip("There is no C compiler (cc) on this machine.");
                return [];
            }

            Assert.True(compiled.exitCode == 0, compiled.output);
            (int exitCode, string output) ran = Run(program);
            Assert.Equal(0, ran.exitCode);
            return [.. ran.output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => long.Parse(line, CultureInfo.InvariantCulture))];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}
