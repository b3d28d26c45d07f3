using AsyncCalls.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Runtime.Tests.Faults;

/// <summary>A file at the limit of the process (RLIMIT_FSIZE): a part fits, and then it is EFBIG.</summary>
[Collection(ProcessWide.Name)]
public sealed class FileLimitTests : IDisposable
{
    private const int Efbig = 27;
    private const int FileSize = 1; // RLIMIT_FSIZE
    private const int FileSizeExceeded = 25; // SIGXFSZ
    private const nint Ignore = 1; // SIG_IGN
    private const ulong Most = 1 << 20;

    private readonly string _path = Path.GetTempFileName();
    private readonly Native.Limits _limits = Native.GetLimit(FileSize);
    private readonly bool _hadDefaultAction = Syscalls.HasDefaultAction(FileSizeExceeded);

    public FileLimitTests()
    {
        if (_hadDefaultAction)
        {
            Assert.Equal(0, Syscalls.InstallHandler(FileSizeExceeded, Ignore));
        }

        Native.SetLimit(FileSize, _limits with { Current = Most });
    }

    public void Dispose()
    {
        Native.SetLimit(FileSize, _limits);
        if (_hadDefaultAction)
        {
            Assert.Equal(0, Syscalls.InstallHandler(FileSizeExceeded, 0));
        }

        File.Delete(_path);
    }

    [Theory, CombinatorialLanes]
    public async Task A_write_across_the_limit_is_short_and_one_beyond_it_EFBIG(Lane lane)
    {
        await using var scene = new FaultScene(lane);
        SafeFileHandle Open() => Native.OpenFile(_path, Native.ReadWrite);
        Assert.Equal(4, await scene.AgreeAsync(FileCall.WriteAt((long)Most - 4), Open, () => File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite)));
        Assert.Equal(-Efbig, await scene.AgreeAsync(FileCall.WriteAt((long)Most), Open, () => File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite)));
        Assert.Equal(-Efbig, await scene.AgreeAsync(FileCall.Truncate((long)Most + 1), Open));
        Assert.Equal(-Efbig, await scene.AgreeAsync(FileCall.Allocate((long)Most + 1), Open));
        await scene.EndAsync();
    }
}
