using System.Runtime.InteropServices;

namespace AsyncCalls.Interop.Linux;

/// <summary>uname(2).</summary>
internal static unsafe partial class Syscalls
{
    private const int NameBytes = 65; // each field of struct new_utsname
    private const int NameFields = 6;
    private const int ReleaseField = 2;

    private static readonly nint UnameNumber = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 160 : 63;

    /// <summary>The release of the kernel, such as <c>6.1.0-18-amd64</c>.</summary>
    public static string KernelRelease()
    {
        byte* names = stackalloc byte[NameBytes * NameFields];
        return Raw(UnameNumber, (nint)names, 0, 0, 0, 0, 0) < 0 ? "" : Marshal.PtrToStringUTF8((nint)(names + (ReleaseField * NameBytes)))!;
    }
}
