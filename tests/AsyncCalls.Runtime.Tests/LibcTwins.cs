using System.Runtime.InteropServices;
using AsyncCalls.CompilerServices;

namespace AsyncCalls.Runtime.Tests;

/// <summary>The twins of imports as generated code calls them, in short.</summary>
internal static class LibcTwins
{
    private const int WorkingDirectory = -100;

    public static ImportCall FSync(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, SafeHandle fd, CancellationToken token) =>
        LibcCall.Begin(runtime, method, errors, CallOperation.Sync, token).Handle(fd).Start();

    public static ImportCall FSync(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int fd, CancellationToken token) =>
        LibcCall.Begin(runtime, method, errors, CallOperation.Sync, token).Handle(fd).Start();

    public static ImportCall FDataSync(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int fd, CancellationToken token) =>
        LibcCall.Begin(runtime, method, errors, CallOperation.DataSync, token).Handle(fd).Start();

    public static ImportCall FDataSync(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, SafeHandle fd, CancellationToken token) =>
        LibcCall.Begin(runtime, method, errors, CallOperation.DataSync, token).Handle(fd).Start();

    public static ImportCall FTruncate(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, SafeHandle fd, long length, CancellationToken token) =>
        LibcCall.Begin(runtime, method, errors, CallOperation.Truncate, token).Handle(fd).Number(length).Start();

    public static ImportCall FAllocate(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, SafeHandle fd, int mode, long offset, long length, CancellationToken token) =>
        LibcCall.Begin(runtime, method, errors, CallOperation.Allocate, token).Handle(fd).Number(mode).Number(offset).Number(length).Start();

    public static ImportCall FTruncate(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int fd, long length, CancellationToken token) =>
        LibcCall.Begin(runtime, method, errors, CallOperation.Truncate, token).Handle(fd).Number(length).Start();

    public static ImportCall FAllocate(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int fd, int mode, long offset, long length, CancellationToken token) =>
        LibcCall.Begin(runtime, method, errors, CallOperation.Allocate, token).Handle(fd).Number(mode).Number(offset).Number(length).Start();

    public static ImportCall Open(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, string path, int flags, uint mode, CancellationToken token) =>
        OpenAt(runtime, method, errors, WorkingDirectory, path, flags, mode, token);

    public static ImportCall OpenAt(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, SafeHandle directory, string path, int flags, uint mode, CancellationToken token) =>
        LibcCall.Begin(runtime, method, errors, CallOperation.OpenAt, token).Handle(directory).Text(path).Number(flags).Number(mode).Start();

    public static ImportCall OpenAt(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int directory, string path, int flags, uint mode, CancellationToken token) =>
        LibcCall.Begin(runtime, method, errors, CallOperation.OpenAt, token).Handle(directory).Text(path).Number(flags).Number(mode).Start();

    public static ImportCall Close(AsyncCallRuntime runtime, string method, AsyncCallErrors errors, int fd, CancellationToken token) =>
        LibcCall.Begin(runtime, method, errors, CallOperation.Close, token).Handle(fd).Start();
}
