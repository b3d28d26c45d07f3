using Spectre.Console;

namespace TreeDigest.Display;

/// <summary>The bar: files done of those found, and how much was read.</summary>
internal static class ProgressBar
{
    /// <summary>Has a bar on the terminal while <paramref name="watch"/> runs, which calls what it is given to draw the bar anew.</summary>
    public static void Show(IAnsiConsole terminal, Action<Action> watch, Func<(string Title, Tally Tally)> current)
    {
        // Drawn by the caller and not by the bar's own thread: waiting for that to end would cost an interrupted user a tenth of
        // a second more.
        Progress progress = terminal.Progress().AutoClear(true).AutoRefresh(false).Columns(
            new SpinnerColumn(),
            new ProgressBarColumn(),
            new PercentageColumn(),
            new TaskDescriptionColumn { Alignment = Justify.Left });

        progress.Start(context =>
        {
            ProgressTask bar = context.AddTask("starting");
            watch(() =>
            {
                Update(bar, current());
                context.Refresh();
            });
        });
    }

    private static void Update(ProgressTask bar, (string Title, Tally Tally) state)
    {
        long found = state.Tally.Found;
        bar.IsIndeterminate = found == 0;
        bar.MaxValue = Math.Max(1, found);
        bar.Value = Math.Min(state.Tally.Done, found);
        bar.Description = Markup.Escape(
            $"{state.Title}{state.Tally.Done:N0} of {found:N0}{(state.Tally.Listed ? "" : " and more")} files, {Units.Size(state.Tally.Bytes)}");
    }
}
