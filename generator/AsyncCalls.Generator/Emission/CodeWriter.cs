using System.Text;

namespace AsyncCalls.Generator.Emission;

/// <summary>Indented lines that end with <c>\n</c> on every system.</summary>
internal sealed class CodeWriter
{
    private const int LineCharsMax = 140;

    private readonly StringBuilder _text = new();
    private int _depth;

    public void Line(string line = "")
    {
        if (line.Length > 0)
        {
            _text.Append(' ', _depth * 4).Append(line);
        }

        _text.Append('\n');
    }

    public void Indent() => _depth++;

    public void Unindent() => _depth--;

    public void Open()
    {
        Line("{");
        Indent();
    }

    public void Close()
    {
        Unindent();
        Line("}");
    }

    /// <summary>
    /// <paramref name="head"/>, a list of items in parentheses and <paramref name="tail"/>: on one line if they are short, else one
    /// item a line. An item may have several lines.
    /// </summary>
    public void List(string head, IReadOnlyList<string> items, string tail)
    {
        string line = $"{head}({string.Join(", ", items)}){tail}";
        if (((_depth * 4) + line.Length <= LineCharsMax && !line.Contains("\n")) || items.Count == 0)
        {
            Line(line);
            return;
        }

        Line(head + "(");
        Indent();
        for (int i = 0; i < items.Count; i++)
        {
            foreach (string part in (items[i] + (i < items.Count - 1 ? "," : ")" + tail)).Split('\n'))
            {
                Line(part);
            }
        }

        Unindent();
    }

    public override string ToString() => _text.ToString();
}
