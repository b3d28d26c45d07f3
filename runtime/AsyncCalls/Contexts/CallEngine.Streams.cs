using AsyncCalls.Backends.IoUring;
using AsyncCalls.Calls;

namespace AsyncCalls.Contexts;

/// <summary>What streams of completions need of the engine.</summary>
internal sealed partial class CallEngine
{
    private readonly bool _multishot;

    /// <summary>The backend that takes multishot requests; null: streams are made of single calls.</summary>
    public IoUringBackend? MultishotBackend => _multishot && _ioUring is { IsBroken: false } ioUring ? ioUring : null;

    public void PublishShot(in CompletionEvent shot) => _ring.Publish([shot]);

    /// <summary>Resumes who waits for the next result of a call. The call may have ended meanwhile: then its end has resumed him.</summary>
    public void ResumeWaiting(in CompletionEvent hint, bool elsewhere)
    {
        if (InFlight.Find(hint.CallId) is not IoCall call)
        {
            return;
        }

        if (elsewhere)
        {
            _ = ThreadPool.UnsafeQueueUserWorkItem(static waiting => waiting.ResumeWaiting(), call, preferLocal: false);
        }
        else
        {
            call.ResumeWaiting();
        }
    }
}
