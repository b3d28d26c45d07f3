using System.Text;

namespace DeviceReader.Display;

/// <summary>Lines as <c>hexdump -Cv</c> prints them, but for the lines being broken where a read ended: what has arrived is shown at once.</summary>
internal static class HexDump
{
    private const int BytesPerLine = 16;

    public static string Format(long offset, ReadOnlySpan<byte> data)
    {
        var text = new StringBuilder();
        while (!data.IsEmpty)
        {
            ReadOnlySpan<byte> line = data[..Math.Min(BytesPerLine, data.Length)];
            AppendLine(text, offset, line);
            offset += line.Length;
            data = data[line.Length..];
        }

        return text.ToString();
    }

    private static void AppendLine(StringBuilder text, long offset, ReadOnlySpan<byte> line)
    {
        text.Append($"{offset:x8}  ");
        for (int i = 0; i < BytesPerLine; i++)
        {
            text.Append(i < line.Length ? $"{line[i]:x2} " : "   ").Append(i == (BytesPerLine / 2) - 1 ? " " : "");
        }

        text.Append(" |");
        foreach (byte value in line)
        {
            text.Append(value is >= 0x20 and < 0x7f ? (char)value : '.');
        }

        text.Append("|\n");
    }
}
