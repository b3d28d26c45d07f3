using System.Text;
using Spectre.Console;
using TreeDigest.Digests;
using TreeDigest.Files;

namespace TreeDigest.Display;

/// <summary>
/// Where the output goes: lines to standard output, problems to standard error, and a bar below them where standard error is a
/// terminal. Lines and bar on one terminal go through the console that draws the bar, or they would overwrite each other.
/// </summary>
/// <remarks>The lines are the delivery's alone; the bar is drawn by another thread, and its console takes care of both.</remarks>
internal sealed class Screen : IDigestSink
{
    private const int BufferedCharsMax = 32_768;
    private const string EraseBar = "\e[0J";

    private readonly StringBuilder _lines = new();
    private readonly Stream _output = Console.OpenStandardOutput();
    private readonly IAnsiConsole? _terminal;

    public Screen()
    {
        if (Console.IsErrorRedirected)
        {
            return;
        }

        // The library would look at standard output to find out whether anybody watches.
        IAnsiConsole terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(Console.Error),
            Interactive = InteractionSupport.Yes,
        });
        _terminal = terminal.Profile.Capabilities.Ansi ? terminal : null;
    }

    public void Take(FoundFile file, DigestOutcome outcome)
    {
        if (outcome.Digest is null)
        {
            Problem(file.Path, outcome.Problem);
            return;
        }

        _lines.Append(Sha256SumLine.Format(outcome.Digest, file.Path));
        if (_lines.Length > BufferedCharsMax)
        {
            Flush();
        }
    }

    public void Problem(string path, string? problem)
    {
        string line = $"TreeDigest: {Sha256SumLine.Escape(path)}: {problem}\n";
        if (_terminal is not null)
        {
            _terminal.Write(new ControlCode(EraseBar + line));
        }
        else
        {
            Console.Error.Write(line);
        }
    }

    public void Flush()
    {
        if (_lines.Length == 0)
        {
            return;
        }

        if (_terminal is not null && !Console.IsOutputRedirected)
        {
            _terminal.Write(new ControlCode(EraseBar + _lines));
        }
        else
        {
            _output.Write(Encoding.UTF8.GetBytes(_lines.ToString()));
            _output.Flush();
        }

        _lines.Clear();
    }

    /// <summary>Blocks until the work has ended or was interrupted, with a bar where there is a terminal.</summary>
    /// <returns>Whether it was interrupted. The work's failure is the caller's to look at.</returns>
    public bool Watch(Task work, Interruption interruption, Func<(string Title, Tally Tally)> current)
    {
        bool cut = false;
        if (_terminal is null)
        {
            cut = interruption.Cuts(work, static () => { });
        }
        else
        {
            ProgressBar.Show(_terminal, draw => cut = interruption.Cuts(work, draw), current);
        }

        return cut;
    }
}
