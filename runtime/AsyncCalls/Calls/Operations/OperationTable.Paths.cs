using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Calls;

/// <summary>What is done to files by their paths, and attributes.</summary>
internal static partial class OperationTable
{
    private const int StatXBytes = 256; // sizeof(struct statx)

    private static CallArgument SecondDirectory => new(ArgumentKind.Directory, IocbSlot.SecondHandle);
    private static CallArgument SecondPath => new(ArgumentKind.Text, IocbSlot.Buffer);
    private static CallArgument ThirdPath => new(ArgumentKind.Text, IocbSlot.Sixth);

    private static IEnumerable<OperationRow> Paths() =>
    [
        new(CallOperation.OpenAt, "openat(2)")
        {
            Number = OnThisProcessor(257, 56),
            Arguments = [Directory, Path, Flags, Mode],
            Native = new(IoUringConstants.OpOpenAt) { Fd = IocbSlot.Handle, Address = IocbSlot.Path, Flags = IocbSlot.Flags, Length = IocbSlot.Mode },
            LeavesEffects = true,
            Result = ResultKind.Descriptor,
        },
        new(CallOperation.OpenAt2, "openat2(2)")
        {
            Number = 437,
            Arguments = [Directory, Path, Buffer, Length],
            Native = new(IoUringConstants.OpOpenAt2)
            {
                Fd = IocbSlot.Handle, Address = IocbSlot.Path, Offset = IocbSlot.Buffer, Length = IocbSlot.Length, Limits = NativeLimits.LengthOf32Bits,
            },
            LeavesEffects = true,
            Result = ResultKind.Descriptor,
        },
        new(CallOperation.StatX, "statx(2)")
        {
            Number = OnThisProcessor(332, 291),
            Arguments = [Directory, Path, Flags, Mode, Structure(IocbSlot.Buffer, StatXBytes)],
            Native = new(IoUringConstants.OpStatX)
            {
                Fd = IocbSlot.Handle, Address = IocbSlot.Path, Flags = IocbSlot.Flags, Length = IocbSlot.Mode, Offset = IocbSlot.Buffer, Limits = NativeLimits.Path,
            },
        },
        new(CallOperation.RenameAt, "renameat2(2)")
        {
            Number = OnThisProcessor(316, 276),
            Arguments = [Directory, Path, SecondDirectory, SecondPath, Flags],
            Native = new(IoUringConstants.OpRenameAt)
            {
                Fd = IocbSlot.Handle, Address = IocbSlot.Path, Length = IocbSlot.SecondHandle, Offset = IocbSlot.Buffer, Flags = IocbSlot.Flags,
            },
            LeavesEffects = true,
        },
        new(CallOperation.UnlinkAt, "unlinkat(2)")
        {
            Number = OnThisProcessor(263, 35),
            Arguments = [Directory, Path, Flags],
            Native = new(IoUringConstants.OpUnlinkAt) { Fd = IocbSlot.Handle, Address = IocbSlot.Path, Flags = IocbSlot.Flags },
            LeavesEffects = true,
        },
        new(CallOperation.MkDirAt, "mkdirat(2)")
        {
            Number = OnThisProcessor(258, 34),
            Arguments = [Directory, Path, Mode],
            Native = new(IoUringConstants.OpMkDirAt) { Fd = IocbSlot.Handle, Address = IocbSlot.Path, Length = IocbSlot.Mode },
            LeavesEffects = true,
        },
        new(CallOperation.SymLinkAt, "symlinkat(2)")
        {
            Number = OnThisProcessor(266, 36),
            Arguments = [Path, new(ArgumentKind.Directory, IocbSlot.Handle), SecondPath],
            Native = new(IoUringConstants.OpSymLinkAt) { Fd = IocbSlot.Handle, Address = IocbSlot.Path, Offset = IocbSlot.Buffer },
            LeavesEffects = true,
        },
        new(CallOperation.LinkAt, "linkat(2)")
        {
            Number = OnThisProcessor(265, 37),
            Arguments = [Directory, Path, SecondDirectory, SecondPath, Flags],
            Native = new(IoUringConstants.OpLinkAt)
            {
                Fd = IocbSlot.Handle, Address = IocbSlot.Path, Length = IocbSlot.SecondHandle, Offset = IocbSlot.Buffer, Flags = IocbSlot.Flags,
            },
            LeavesEffects = true,
        },
        new(CallOperation.GetAttributeOfFile, "fgetxattr(2)")
        {
            Number = OnThisProcessor(193, 10),
            Arguments = [Handle, Path, Buffer, Length],
            Native = new(IoUringConstants.OpFGetXAttr)
            {
                Fd = IocbSlot.Handle, Address = IocbSlot.Path, Offset = IocbSlot.Buffer, Length = IocbSlot.Length, Limits = NativeLimits.LengthOf32Bits,
            },
            Result = ResultKind.Bytes,
        },
        new(CallOperation.GetAttribute, "getxattr(2)")
        {
            Number = OnThisProcessor(191, 8),
            Arguments = [ThirdPath, Path, Buffer, Length],
            Native = new(IoUringConstants.OpGetXAttr)
            {
                Address3 = IocbSlot.Sixth, Address = IocbSlot.Path, Offset = IocbSlot.Buffer, Length = IocbSlot.Length, Limits = NativeLimits.LengthOf32Bits,
            },
            Result = ResultKind.Bytes,
        },
        new(CallOperation.SetAttributeOfFile, "fsetxattr(2)")
        {
            Number = OnThisProcessor(190, 7),
            Arguments = [Handle, Path, Buffer, Length, Flags],
            Native = new(IoUringConstants.OpFSetXAttr)
            {
                Fd = IocbSlot.Handle, Address = IocbSlot.Path, Offset = IocbSlot.Buffer, Length = IocbSlot.Length, Flags = IocbSlot.Flags,
                Limits = NativeLimits.LengthOf32Bits,
            },
            LeavesEffects = true,
        },
        new(CallOperation.SetAttribute, "setxattr(2)")
        {
            Number = OnThisProcessor(188, 5),
            Arguments = [ThirdPath, Path, Buffer, Length, Flags],
            Native = new(IoUringConstants.OpSetXAttr)
            {
                Address3 = IocbSlot.Sixth, Address = IocbSlot.Path, Offset = IocbSlot.Buffer, Length = IocbSlot.Length, Flags = IocbSlot.Flags,
                Limits = NativeLimits.LengthOf32Bits,
            },
            LeavesEffects = true,
        },
    ];
}
