using CsCheck;

namespace AsyncCalls.Runtime.Tests.Differential;

/// <summary>Files, pipes and sockets with arguments that nobody chose: the result, the error number and the effects are those of the plain function of libc. A failure names its seed.</summary>
/// <remarks><c>ASYNCCALLS_FUZZ=100</c> makes as many times more calls.</remarks>
[Collection("differential")]
public sealed unsafe class RandomTests
{
    private const int BufferBytes = 300;

    private static readonly int Iterations = 150 * (int.TryParse(Environment.GetEnvironmentVariable("ASYNCCALLS_FUZZ"), out int factor) ? factor : 1);

    private static readonly string[] KindsOfHandles =
    [
        "file", "read-only", "write-only", "append", "directory", "null device", "pipe with data", "pipe to write", "pipe without peer", "pipe without reader", "pipe, non-blocking",
        "socket with data", "socket, non-blocking", "missing", "negative",
    ];

    private static readonly Gen<string> Kinds = OneOf(KindsOfHandles);

    private static readonly Gen<long> Offsets = Gen.Frequency(
        (6, Gen.Long[-3, 130]), (2, Gen.Long[4_000, 9_000]), (1, OneOf(1L << 31, (1L << 31) - 1, 1L << 44, long.MaxValue, long.MinValue, long.MaxValue - 4_095)), (1, Gen.Long));

    private static readonly Gen<long> Lengths = Gen.Frequency((6, Gen.Long[0, BufferBytes]), (1, Gen.Long[0, 3]));

    /// <summary>A device is not filled.</summary>
    private static readonly Gen<long> Sizes = Gen.Frequency((6, Gen.Long[-2, 9_000]), (1, OneOf(long.MaxValue, long.MinValue, -4_096L)));

    private static readonly Gen<Case> Cases = Gen.Select(Gen.Int[0, 8], Kinds, Lengths, Offsets, Sizes, Gen.Int[-1, 70], MakeCase);

    public static TheoryData<Subject> Subjects => [.. Enum.GetValues<Subject>()];

    [Theory, MemberData(nameof(Subjects))]
    public void Arguments_that_nobody_chose_make_no_difference(Subject subject)
    {
        using var runtime = new AsyncCallRuntime(new AsyncCallOptions { Backends = subject.Backends(), NativeFirst = true });
        if (subject == Subject.IoUring && !runtime.Capabilities.IoUring.Available)
        {
            Assert.Skip(runtime.Capabilities.IoUring.Reason);
        }

        using AsyncCallContext context = runtime.CreateContext();
        Cases.Sample(
            one =>
            {
                string? difference = Comparison.Of(one, subject, runtime, context).Difference;
                Assert.True(difference is null, difference);
            },
            iter: Iterations,
            threads: 1,
            print: one => one.ToString());
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static Case MakeCase(int which, string kind, long length, long offset, long size, int flags) => which switch
    {
        0 => new(CallOperation.Read, $"{length} of {kind}", scene =>
        {
            int fd = scene.Fd(kind);
            byte* buffer = scene.Out(BufferBytes);
            return new(() => Native.read(fd, buffer, (nuint)length), Raw.Block(CallOperation.Read, fd, buffer, length, -1));
        }),
        1 => new(CallOperation.ReadAt, $"{length} at {offset} of {kind}", scene =>
        {
            int fd = scene.Fd(kind);
            byte* buffer = scene.Out(BufferBytes);
            return new(() => Native.pread(fd, buffer, (nuint)length, offset), Raw.Block(CallOperation.ReadAt, fd, buffer, length, offset));
        }),
        2 => new(CallOperation.Write, $"{length} to {kind}", scene =>
        {
            int fd = scene.Fd(kind);
            byte* buffer = scene.Memory(BufferBytes);
            return new(() => Native.write(fd, buffer, (nuint)length), Raw.Block(CallOperation.Write, fd, buffer, length, -1));
        }),
        3 => new(CallOperation.WriteAt, $"{length} at {offset} to {kind}", scene =>
        {
            int fd = scene.Fd(kind);
            byte* buffer = scene.Memory(BufferBytes);
            return new(() => Native.pwrite(fd, buffer, (nuint)length, offset), Raw.Block(CallOperation.WriteAt, fd, buffer, length, offset));
        }),
        4 => new(CallOperation.ReadVectoredAt, $"{length} in two at {offset} of {kind}", scene =>
        {
            int fd = scene.Fd(kind);
            byte* vectors = scene.Vectors((int)length, 40);
            return new(() => Libc.preadv(fd, vectors, 2, offset), Raw.Block(CallOperation.ReadVectoredAt, fd, vectors, 2, offset));
        }),
        5 => new(CallOperation.WriteVectoredAt, $"{length} in two at {offset} to {kind}", scene =>
        {
            int fd = scene.Fd(kind);
            byte* vectors = scene.Vectors((int)length, 40);
            return new(() => Libc.pwritev(fd, vectors, 2, offset), Raw.Block(CallOperation.WriteVectoredAt, fd, vectors, 2, offset));
        }),
        6 => new(CallOperation.Truncate, $"{kind} to {size}", scene =>
        {
            int fd = scene.Fd(kind);
            return new(() => Native.ftruncate(fd, size), Raw.Block(CallOperation.Truncate, fd, length: size));
        }),
        7 => new(CallOperation.Allocate, $"{kind} {flags} {offset} {size}", scene =>
        {
            int fd = scene.Fd(kind);
            return new(() => Native.fallocate(fd, flags, offset, size), Raw.Block(CallOperation.Allocate, fd, length: size, offset: offset, flags: flags));
        }),
        _ => new(CallOperation.SyncRange, $"{kind} {offset} {size} {flags}", scene =>
        {
            int fd = scene.Fd(kind);
            return new(() => Libc.sync_file_range(fd, offset, size, (uint)flags), Raw.Block(CallOperation.SyncRange, fd, length: size, offset: offset, flags: flags));
        }),
    };
}
