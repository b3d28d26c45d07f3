namespace Demo;

public static partial class StreamExtensions
{
    [AsyncCall]
    public static int Fill(this Stream stream, Span<byte> buffer) => stream.Read(buffer);
}
