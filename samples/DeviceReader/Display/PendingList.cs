using System.Globalization;
using System.Runtime.InteropServices;
using AsyncCalls;
using Spectre.Console;

namespace DeviceReader.Display;

/// <summary>What <see cref="AsyncCallRuntime.PendingCalls"/> tells, as a table and in words.</summary>
internal sealed class PendingList(Settings settings)
{
    private const int StandardInput = 0;
    private const int StandardOutput = 1;

    public Table ToTable(IEnumerable<PendingCall> calls)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumns("id", "operation", "method", "handle", "age", "backend", "state");
        foreach (PendingCall call in calls.OrderBy(static call => call.Id.Value))
        {
            table.AddRow([.. Cells(call).Select(static cell => new Text(cell))]);
        }

        return table;
    }

    public string InWords(PendingCall call) => string.Join(' ', Cells(call));

    private IEnumerable<string> Cells(PendingCall call) =>
    [
        call.Id.Value.ToString(CultureInfo.InvariantCulture),
        call.Operation.ToString(),
        call.Method,
        NameOf(call),
        string.Create(CultureInfo.InvariantCulture, $"{call.Age.TotalSeconds:F1}s"),
        call.Backend,
        call.State.ToString(),
    ];

    private string NameOf(PendingCall call) => Number(call.Handle) switch
    {
        null => settings.Device,
        StandardInput => "standard input",
        StandardOutput => "standard output",
        _ => settings.Device,
    };

    private static int? Number(SafeHandle? handle) => handle is { IsClosed: false } ? (int)handle.DangerousGetHandle() : null;
}
