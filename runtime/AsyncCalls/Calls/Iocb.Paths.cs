namespace AsyncCalls;

/// <summary>
/// Blocks about files by their paths. Paths are UTF-8, ended by a zero byte inside their buffer; relative ones begin at a directory, or, without one, at the working directory of the moment
/// when the call runs.
/// </summary>
public unsafe partial struct Iocb
{
    /// <summary>openat(2). The result is a descriptor that the caller owns.</summary>
    /// <param name="directory">Where a relative path begins; null for the working directory of the moment when the call runs.</param>
    /// <param name="path">The path in UTF-8, ended by a zero byte inside the buffer.</param>
    /// <param name="flags">The flags of open(2); <c>O_CLOEXEC</c> is added, as everywhere in .NET.</param>
    /// <param name="mode">The mode of a file that is made.</param>
    public static Iocb OpenAt(HandleLease? directory, BufferLease path, int flags, uint mode = 0)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new()
        {
            Operation = CallOperation.OpenAt,
            Handle = (long)(directory?.Id ?? 0),
            Path = path.Id,
            OperationFlags = (uint)flags | CloseOnExec,
            Mode = mode,
        };
    }

    /// <summary>openat2(2). The result is a descriptor that the caller owns.</summary>
    /// <param name="directory">Where a relative path begins; null for the working directory.</param>
    /// <param name="path">The path.</param>
    /// <param name="how"><c>struct open_how</c>, as it is: without <c>O_CLOEXEC</c> in its flags the descriptor reaches child processes.</param>
    public static Iocb OpenAt2(HandleLease? directory, BufferLease path, BufferLease how)
    {
        ArgumentNullException.ThrowIfNull(how);
        Iocb block = ByPath(CallOperation.OpenAt2, directory, path, 0);
        block.Buffer = how.Id;
        block.Length = how.Length;
        return block;
    }

    /// <summary>statx(2).</summary>
    /// <param name="directory">Where a relative path begins; null for the working directory.</param>
    /// <param name="path">The path; an empty one with <c>AT_EMPTY_PATH</c> is the directory itself.</param>
    /// <param name="flags"><c>AT_*</c>.</param>
    /// <param name="mask"><c>STATX_*</c>.</param>
    /// <param name="result">Gets <c>struct statx</c>, 256 bytes.</param>
    public static Iocb StatX(HandleLease? directory, BufferLease path, int flags, uint mask, BufferLease result)
    {
        ArgumentNullException.ThrowIfNull(result);
        Iocb block = ByPath(CallOperation.StatX, directory, path, flags);
        block.Mode = mask;
        block.Buffer = result.Id;
        return block;
    }

    /// <summary>renameat2(2).</summary>
    public static Iocb RenameAt(HandleLease? oldDirectory, BufferLease oldPath, HandleLease? newDirectory, BufferLease newPath, uint flags = 0) =>
        ByPaths(CallOperation.RenameAt, oldDirectory, oldPath, newDirectory, newPath, (int)flags);

    /// <summary>linkat(2).</summary>
    public static Iocb LinkAt(HandleLease? oldDirectory, BufferLease oldPath, HandleLease? newDirectory, BufferLease newPath, int flags = 0) =>
        ByPaths(CallOperation.LinkAt, oldDirectory, oldPath, newDirectory, newPath, flags);

    /// <summary>unlinkat(2).</summary>
    public static Iocb UnlinkAt(HandleLease? directory, BufferLease path, int flags = 0) => ByPath(CallOperation.UnlinkAt, directory, path, flags);

    /// <summary>mkdirat(2).</summary>
    public static Iocb MkDirAt(HandleLease? directory, BufferLease path, uint mode)
    {
        Iocb block = ByPath(CallOperation.MkDirAt, directory, path, 0);
        block.Mode = mode;
        return block;
    }

    /// <summary>symlinkat(2): makes <paramref name="path"/>, which leads to <paramref name="target"/>.</summary>
    public static Iocb SymLinkAt(BufferLease target, HandleLease? directory, BufferLease path)
    {
        ArgumentNullException.ThrowIfNull(path);
        Iocb block = ByPath(CallOperation.SymLinkAt, directory, target, 0);
        block.Buffer = path.Id;
        return block;
    }

    /// <summary>fgetxattr(2): the value of an extended attribute; the result is its length.</summary>
    public static Iocb FGetXAttr(HandleLease handle, BufferLease name, BufferLease value, int count) => Attribute(CallOperation.GetAttributeOfFile, handle, null, name, value, count, 0);

    /// <summary>getxattr(2).</summary>
    public static Iocb GetXAttr(BufferLease path, BufferLease name, BufferLease value, int count) => Attribute(CallOperation.GetAttribute, null, path, name, value, count, 0);

    /// <summary>fsetxattr(2).</summary>
    public static Iocb FSetXAttr(HandleLease handle, BufferLease name, BufferLease value, int count, int flags = 0) =>
        Attribute(CallOperation.SetAttributeOfFile, handle, null, name, value, count, flags);

    /// <summary>setxattr(2).</summary>
    public static Iocb SetXAttr(BufferLease path, BufferLease name, BufferLease value, int count, int flags = 0) =>
        Attribute(CallOperation.SetAttribute, null, path, name, value, count, flags);

    private static Iocb ByPath(CallOperation operation, HandleLease? directory, BufferLease path, int flags)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new() { Operation = operation, Handle = (long)(directory?.Id ?? 0), Path = path.Id, OperationFlags = (uint)flags };
    }

    private static Iocb ByPaths(CallOperation operation, HandleLease? oldDirectory, BufferLease oldPath, HandleLease? newDirectory, BufferLease newPath, int flags)
    {
        ArgumentNullException.ThrowIfNull(newPath);
        Iocb block = ByPath(operation, oldDirectory, oldPath, flags);
        block.SecondHandle = (long)(newDirectory?.Id ?? 0);
        block.Buffer = newPath.Id;
        return block;
    }

    private static Iocb Attribute(CallOperation operation, HandleLease? handle, BufferLease? path, BufferLease name, BufferLease value, int count, int flags)
    {
        if (path is null)
        {
            ArgumentNullException.ThrowIfNull(handle);
        }

        ArgumentNullException.ThrowIfNull(value);
        Iocb block = ByPath(operation, handle, name, flags);
        block.Sixth = (long)(path?.Id ?? 0);
        block.Buffer = value.Id;
        block.Length = count;
        return block;
    }
}
