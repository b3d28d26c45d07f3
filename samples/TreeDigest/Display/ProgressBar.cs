using Spectre.Console;

namespace TreeDigest.Display;

/// <summary>The bar: files done of those found, and how much was read.</summary>
internal static class ProgressBar
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    public static Task ShowAsync(IAnsiConsole terminal, Task work, Func<(string Title, Tally Tally)> current)
    {
        // Refreshed here and not by the bar's own thread: waiting for that to end would cost an interrupted user another interval.
        Progress progress = terminal.Progress().AutoClear(true).AutoRefresh(false).Columns(
            new SpinnerColumn(),
            new ProgressBarColumn(),
            new PercentageColumn(),
            new TaskDescriptionColumn { Alignment = Justify.Left });

        return progress.StartAsync(async context =>
        {
            ProgressTask bar = context.AddTask("");
            while (!work.IsCompleted)
            {
                (string title, Tally tally) = current();
                long found = tally.Found;
                bar.IsIndeterminate = found == 0;
                bar.MaxValue = Math.Max(1, found);
                bar.Value = Math.Min(tally.Done, found);
                bar.Description = Markup.Escape(
                    $"{title}{tally.Done:N0} of {found:N0}{(tally.Listed ? "" : " and more")} files, {Units.Size(tally.Bytes)}");
                context.Refresh();
                await Task.WhenAny(work, Task.Delay(Interval, CancellationToken.None));
            }
        });
    }
}
