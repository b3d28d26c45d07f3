using Spectre.Console;

namespace Doctor.Display;

/// <summary>The report as tables, each with a heading. Where nobody watches, lines are as long as they need to be.</summary>
internal static class Tables
{
    private const int WidthOfAFile = 1_000;

    public static void Write(Report report)
    {
        IAnsiConsole console = AnsiConsole.Console;
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = WidthOfAFile;
        }

        WriteTable(console, "This machine", ["fact", "value", "for"], report.Facts.Select(static fact => new[] { fact.Name, fact.Value, fact.Meaning }));
        WriteTable(
            console, "Backends", ["backend", "", "what was found"], report.Backends.Select(static backend => new[] { backend.Name, backend.Available ? "in use" : "not used", backend.Reason }));
        WriteTable(
            console,
            "Where calls go",
            ["operation", "handle", "at once", "then", "why"],
            report.Routes.Select(static route => new[] { route.Operation.ToString(), route.Handle, route.AtOnce, route.Backend, route.Reason }));
        console.WriteLine("Advice");
        foreach (string advice in report.Advice.DefaultIfEmpty("Nothing needs to be changed."))
        {
            console.WriteLine("- " + advice);
        }
    }

    private static void WriteTable(IAnsiConsole console, string title, string[] columns, IEnumerable<string[]> rows)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(column));
        }

        foreach (string[] row in rows)
        {
            table.AddRow([.. row.Select(static cell => new Text(cell))]);
        }

        console.WriteLine(title);
        console.Write(table);
    }
}
