namespace AsyncCalls.Integration.Tests.Subjects;

/// <summary>Bodies of every kind, in types within types.</summary>
internal static partial class Outer<TOuter>
    where TOuter : notnull
{
    internal sealed partial record Middle(string Name)
    {
        internal sealed partial class Bodies<TItem>(AsyncCallRuntime calls, TOuter outer)
            where TItem : struct
        {
            [AsyncCall]
            public string Join(TOuter first, TItem second, int third) => $"{outer} {first} {second} {third} {typeof(TItem)}";

            [AsyncCall]
            public (TItem, TNew) Pair<TNew>(TItem item)
                where TNew : new() => (item, new TNew());

            [AsyncCall]
            public void Note(World world, string first, string second) => world.Notes.Add($"{outer}: {first} before {second}");

            [AsyncCall]
            public void NoteUnlessCancelled(World world, CancellationToken cancellationToken)
            {
                world.Notes.Add(cancellationToken.IsCancellationRequested ? "is cancelled" : "is not cancelled");
                cancellationToken.ThrowIfCancellationRequested();
            }

            [AsyncCall]
            public int CountUnlessCancelled(int count, CancellationToken cancellationToken)
            {
                cancellationToken.ThrowIfCancellationRequested();
                return count;
            }

            [AsyncCall]
            public int Throw(Exception exception) => throw exception;

            [AsyncCall]
            public void ThrowVoid(World world, Exception exception)
            {
                world.Notes.Add("thrown");
                throw exception;
            }

            [AsyncCall]
            public int Fill(Span<char> text, ReadOnlySpan<char> with)
            {
                with.CopyTo(text);
                return text.Length - with.Length;
            }

            [AsyncCall]
            public string? Nothing(object? value) => value?.ToString();
        }

        [AsyncCall]
        public static long Difference(long first, int second) => first - second;

        [AsyncCall]
        public static TOuter Same(TOuter value) => value;
    }
}
