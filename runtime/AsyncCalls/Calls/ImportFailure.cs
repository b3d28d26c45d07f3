using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AsyncCalls.Calls;

/// <summary>Whether what an import returned says that it failed.</summary>
internal static class ImportFailure
{
    /// <summary>
    /// A system call fails with −1, whatever signed integer or enum its import returns, and with an invalid handle where it returns one. Other types do not tell. The comparisons fold away
    /// for each type.
    /// </summary>
    public static bool Is<T>(T value)
    {
        if (typeof(T).IsEnum)
        {
            return Unsafe.SizeOf<T>() switch
            {
                sizeof(int) => Unsafe.As<T, int>(ref value) == -1,
                sizeof(long) => Unsafe.As<T, long>(ref value) == -1,
                _ => false,
            };
        }

        return value switch
        {
            int result => result == -1,
            nint result => result == -1,
            long result => result == -1,
            SafeHandle result => result.IsInvalid,
            _ => false,
        };
    }
}
