using System.Text;
using Microsoft.CodeAnalysis.Text;

namespace AsyncCalls.Generator.Tests.Harness;

/// <summary>A source with the places where a diagnostic is expected between <c>[|</c> and <c>|]</c>.</summary>
internal sealed record MarkedSource(string Source, IReadOnlyList<TextSpan> Spans)
{
    public static MarkedSource Parse(string marked)
    {
        var source = new StringBuilder();
        var spans = new List<TextSpan>();
        int start = 0;
        for (int i = 0; i < marked.Length; i++)
        {
            string pair = i + 1 < marked.Length ? marked.Substring(i, 2) : "";
            if (pair == "[|")
            {
                start = source.Length;
                i++;
            }
            else if (pair == "|]")
            {
                spans.Add(TextSpan.FromBounds(start, source.Length));
                i++;
            }
            else
            {
                source.Append(marked[i]);
            }
        }

        return new MarkedSource(source.ToString(), spans);
    }
}
