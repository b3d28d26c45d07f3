using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Calls;

/// <summary>
/// Whether a handle was disposed. <see cref="SafeHandle.IsClosed"/> says so only when the last reference is gone, and every call in flight holds one: a handle that was disposed while
/// calls wait on it stays open, and could be leased for new ones, as long as nobody looks at the word behind it.
/// </summary>
/// <remarks>
/// The word is private to the class library: a count of references, and in its lowest bits whether the handle is closed and whether it was disposed. It is tried once, with a handle that is
/// leased and disposed; should a later version keep it elsewhere, such a handle is found out when it closes, and <c>CloseAsync</c> remains to end its calls.
/// </remarks>
internal static class HandleState
{
    private const int DisposedBit = 2;

    private static readonly bool CanTell = Try();

    /// <summary>Handles that a <see cref="Closing"/> holds, so that none of their calls is the one that closes them.</summary>
    private static readonly ConcurrentDictionary<SafeHandle, int> BeingClosed = new();

    /// <summary>Whether a handle was disposed, calls on it or not.</summary>
    public static bool IsDisposed(SafeHandle handle) => handle.IsClosed || (CanTell && (Volatile.Read(ref Word(handle)) & DisposedBit) != 0);

    /// <summary>Adds a reference for a new call.</summary>
    /// <exception cref="ObjectDisposedException">The handle was disposed.</exception>
    public static void AddReference(SafeHandle handle)
    {
        bool added = false;
        handle.DangerousAddRef(ref added);
        if (IsDisposed(handle))
        {
            handle.DangerousRelease();
            throw new ObjectDisposedException(handle.GetType().FullName);
        }
    }

    /// <summary>
    /// Takes back the reference of a call that has ended, on a thread that must not block or run foreign code: where it may be the last one, elsewhere.
    /// </summary>
    public static void ReleaseReference(SafeHandle handle)
    {
        if (MayCloseAtRelease(handle))
        {
            _ = ThreadPool.UnsafeQueueUserWorkItem(static closed => closed.DangerousRelease(), handle, preferLocal: false);
        }
        else
        {
            handle.DangerousRelease();
        }
    }

    /// <summary>Whether a reference that is given back may be the last one.</summary>
    public static bool MayCloseAtRelease(SafeHandle handle) => IsDisposed(handle) && !BeingClosed.ContainsKey(handle);

    /// <summary>Disposes a handle, and holds its descriptor open until the result is disposed, which closes it unless others still use it.</summary>
    public static Closing Close(SafeHandle handle) => new(handle);

    private static bool Try()
    {
        using var tried = new SafeFileHandle(-1, ownsHandle: false);
        bool added = false;
        try
        {
            tried.DangerousAddRef(ref added);
            bool before = (Word(tried) & DisposedBit) != 0;
            tried.Dispose();
            return !before && !tried.IsClosed && (Word(tried) & DisposedBit) != 0;
        }
        catch (MissingFieldException)
        {
            return false;
        }
        finally
        {
            if (added)
            {
                tried.DangerousRelease();
            }
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_state")]
    private static extern ref int Word(SafeHandle handle);

    /// <summary>A handle that is being closed in order.</summary>
    internal readonly struct Closing : IDisposable
    {
        private readonly SafeHandle? _held;

        public Closing(SafeHandle handle)
        {
            bool added = false;
            try
            {
                handle.DangerousAddRef(ref added);
            }
            catch (ObjectDisposedException)
            {
                // It is closed already.
                return;
            }

            _held = handle;
            BeingClosed.AddOrUpdate(handle, 1, static (_, closers) => closers + 1);
            handle.Dispose();
        }

        public void Dispose()
        {
            if (_held is null)
            {
                return;
            }

            if (BeingClosed.AddOrUpdate(_held, 0, static (_, closers) => closers - 1) == 0)
            {
                BeingClosed.TryRemove(KeyValuePair.Create(_held, 0));
            }

            _held.DangerousRelease();
        }
    }
}
