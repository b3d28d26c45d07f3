namespace AsyncCalls.Integration.Tests;

/// <summary>What open(2) is called with. A path that starts with ~ is below the folder of the world.</summary>
internal static class Opening
{
    private const int Made = Libc.Create | Libc.CloseOnExec;

    public static readonly (string Path, int Flags, uint Mode)[] Cases =
    [
        ("~/data", Libc.ReadOnly | Libc.CloseOnExec, 0),
        ("~/data", Libc.ReadWrite | Libc.Append | Libc.NonBlock | Libc.CloseOnExec, 0x1FF),
        ("~/data", Libc.ReadOnly, 0),
        ("~/data", Libc.WriteOnly | Libc.Truncate | Libc.CloseOnExec, 0),
        ("~/data", Made | Libc.Exclusive | Libc.ReadWrite, 0x1A0),
        ("~/data", Libc.DirectoryOnly, 0),
        ("~/made", Made | Libc.ReadWrite, 0x1A0),
        ("~/made", Made | Libc.WriteOnly | Libc.Exclusive, 0x105),
        ("~/made", Made | Libc.ReadOnly | Libc.Append, 0x180),
        ("~/größe", Made | Libc.ReadWrite, 0x140),
        ("~/missing", Libc.ReadWrite, 0x1A0),
        ("~/data/below", Libc.ReadOnly, 0),
        ("~", Libc.ReadOnly | Libc.DirectoryOnly | Libc.CloseOnExec, 0),
        ("~", Libc.WriteOnly, 0),
        ("/dev/null", Libc.ReadWrite | Libc.CloseOnExec, 0),
        ("/" + new string('n', 300), Libc.ReadOnly, 0),
        ("/" + new string('n', 5_000), Libc.ReadOnly, 0),
        ("", Libc.ReadOnly, 0),
        ("data", Libc.ReadWrite | Libc.CloseOnExec, 0),
        ("made", Made | Libc.WriteOnly, 0x190),
        ("missing", Libc.ReadOnly, 0),
    ];

    public static string In(World world, string path) => path?.StartsWith('~') == true ? world.Folder + path[1..] : path!;

    /// <summary>A number that nobody else will close, of the end of a pipe whose reader the world observes.</summary>
    public static int Writer(World world)
    {
        Microsoft.Win32.SafeHandles.SafeFileHandle handle = world.Handle("pipe to write");
        int number = (int)handle.DangerousGetHandle();
        handle.SetHandleAsInvalid();
        return number;
    }
}
