using TreeDigest.Digests;
using TreeDigest.Display;
using TreeDigest.Files;

namespace TreeDigest.Comparison;

/// <summary>Keeps the outcomes of the first pass and holds those of every later one against them.</summary>
internal sealed class DigestCheck(Screen screen)
{
    private readonly List<byte[]?> _expected = [];

    public int Differences { get; private set; }

    public IDigestSink NextPass(string name) => new Pass(this, screen, name);

    private sealed class Pass(DigestCheck check, Screen screen, string name) : IDigestSink
    {
        private int _index;

        public void Take(FoundFile file, DigestOutcome outcome)
        {
            int index = _index++;
            if (index == check._expected.Count)
            {
                check._expected.Add(outcome.Digest);
                if (outcome.Digest is null)
                {
                    screen.Problem(file.Path, outcome.Problem);
                }

                return;
            }

            if (!outcome.Digest.AsSpan().SequenceEqual(check._expected[index]))
            {
                check.Differences++;
                screen.Problem(file.Path, $"{name} gave {InWords(outcome.Digest)}, the first pass {InWords(check._expected[index])}");
            }
        }

        public void Flush()
        {
        }

        private static string InWords(byte[]? digest) => digest is null ? "an error" : Convert.ToHexStringLower(digest);
    }
}
