using System.Globalization;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls.Backends.IoUring;

/// <summary>A defect of io_uring that no trial shows, and the kernels that have it.</summary>
/// <param name="From">The first release that has it.</param>
/// <param name="Before">The first one that has it no more.</param>
/// <param name="Opcode">The operation that it is about; null: all of io_uring.</param>
/// <param name="Symptom">What happens.</param>
/// <param name="Source">Who found it, and where the releases come from.</param>
internal readonly record struct KernelDefect(Version From, Version Before, byte? Opcode, string Symptom, string Source)
{
    public bool IsIn(Version release) => release >= From && release < Before;
}

/// <summary>
/// Releases of the kernel whose io_uring loses or damages something although every trial succeeds. Everything else is found out by trying; a row here has a symptom that a trial cannot have, and a
/// source.
/// </summary>
/// <remarks>
/// The match is by the release (uname(2)). Distributions whose releases look like <c>5.15.0-91-generic</c> do not tell which fixes of their series they have: such a one counts as the last of its series,
/// so that it matches only where the series was never fixed. A kernel that has the fix all the same is used with the option <c>IgnoreKernelDefects</c>.
/// </remarks>
internal static class KernelDefects
{
    private const string LostWrite = "a write may be lost or never acknowledged";
    private const string StillWritten = "a file that was closed may still count as open for writing (ETXTBSY)";

    private static readonly KernelDefect[] Rows =
    [
        new(new Version(5, 11, 0), new Version(5, 14, 19), null, LostWrite, "MariaDB pull request 1953 (MDEV-26674), kernel commit d3e3c102d107"),
        new(new Version(5, 15, 0), new Version(5, 15, 3), null, LostWrite, "MariaDB pull request 1953 (MDEV-26674), kernel commit d3e3c102d107"),
        new(new Version(5, 6, 0), new Version(5, 15, 90), IoUringConstants.OpClose, StillWritten, "libuv pull request 4059"),
        new(new Version(5, 16, 0), new Version(6, 1, 0), IoUringConstants.OpClose, StillWritten, "libuv pull request 4141"),
    ];

    /// <summary>All rows.</summary>
    public static IReadOnlyList<KernelDefect> All => Rows;

    /// <summary>The defects of a release.</summary>
    /// <param name="release">As uname(2) has it: <c>6.1.0-18-amd64</c>. One without numbers has none that are known.</param>
    public static IEnumerable<KernelDefect> Of(string release) =>
        Parse(release) is { } version ? Rows.Where(row => row.IsIn(version)) : [];

    /// <summary>The three numbers that a release begins with; null where it does not begin with two at least.</summary>
    public static Version? Parse(string release)
    {
        Span<int> numbers = [0, 0, 0];
        int count = 0;
        ReadOnlySpan<char> rest = release;
        while (count < numbers.Length)
        {
            int end = rest.IndexOfAnyExceptInRange('0', '9');
            ReadOnlySpan<char> digits = end < 0 ? rest : rest[..end];
            if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out numbers[count]))
            {
                break;
            }

            count++;
            if (end < 0 || rest[end] != '.')
            {
                break;
            }

            rest = rest[(end + 1)..];
        }

        bool isVendors = count == 3 && numbers[2] == 0 && rest.Length > 2 && rest[1] == '-' && char.IsAsciiDigit(rest[2]);
        return count < 2 ? null : new Version(numbers[0], numbers[1], isVendors ? int.MaxValue : numbers[2]);
    }
}
