using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using AsyncCalls.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace AsyncCalls.Calls;

/// <summary>
/// The exceptions that the class library throws for error numbers of file operations (<c>Interop.GetExceptionForIoErrno</c> in
/// dotnet/runtime): the same types, messages and HResults.
/// </summary>
internal static class FileErrors
{
    /// <param name="errno">The error number, positive.</param>
    /// <param name="path">The path of the file, if it is known.</param>
    public static Exception FromErrno(int errno, string? path)
    {
        switch (errno)
        {
            case Errno.ENOENT:
                return path is null ? new FileNotFoundException("Unable to find the specified file.") : new FileNotFoundException($"Could not find file '{path}'.", path);
            case Errno.ENOTDIR:
                return path is null
                    ? new DirectoryNotFoundException("Attempted to access a path that is not on the disk.")
                    : new DirectoryNotFoundException($"Could not find a part of the path '{path}'.");
            case Errno.EACCES or Errno.EBADF or Errno.EPERM:
                Exception inner = Plain(errno, path: null);
                return new UnauthorizedAccessException(path is null ? "Access to the path is denied." : $"Access to the path '{path}' is denied.", inner);
            case Errno.ENAMETOOLONG:
                return path is null
                    ? new PathTooLongException("The specified file name or path is too long, or a component of the specified path is too long.")
                    : new PathTooLongException($"The path '{path}' is too long, or a component of the specified path is too long.");
            case Errno.EAGAIN:
                return new IOException(
                    path is null
                        ? "The process cannot access the file because it is being used by another process."
                        : $"The process cannot access the file '{path}' because it is being used by another process.",
                    errno);
            case Errno.EFBIG:
                return FileTooLarge(value: 0);
            case Errno.EEXIST when path is not null:
                return new IOException($"The file '{path}' already exists.", errno);
            default:
                return Plain(errno, path);
        }
    }

    /// <summary>
    /// The path that the class library names in its messages: the one that the handle was opened by, null for a handle that was made from a
    /// descriptor. It keeps the path to itself; should a later version keep it elsewhere, the kernel's own answer serves.
    /// </summary>
    public static string? PathOf(SafeHandle? handle, long fd)
    {
        if (handle is SafeFileHandle file)
        {
            try
            {
                return GetPath(file);
            }
            catch (MissingMethodException)
            {
            }
        }

        return PathOf(fd);
    }

    /// <summary>The path that the kernel knows of a descriptor; null for what has none.</summary>
    public static string? PathOf(long fd)
    {
        try
        {
            string? target = new FileInfo($"/proc/self/fd/{fd}").LinkTarget;
            return target is not null && target.StartsWith('/') ? target : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Path")]
    private static extern string? GetPath(SafeFileHandle handle);

    /// <summary>The class library names a parameter of its own, of which nothing but the name is known here.</summary>
    private static ArgumentOutOfRangeException FileTooLarge(long value) =>
        new(nameof(value), "Specified file length was too large for the file system.");

    private static IOException Plain(int errno, string? path)
    {
        string message = Marshal.GetPInvokeErrorMessage(errno);
        return new IOException(string.IsNullOrEmpty(path) ? message : $"{message} : '{path}'", errno);
    }
}
