namespace Doctor.Machine;

/// <summary>One thing that the machine says of itself.</summary>
/// <param name="Name">What it is about: the name of a file below /proc/sys, of a limit, of a system call.</param>
/// <param name="Value">What was found; what was answered where it could not be.</param>
/// <param name="Meaning">What depends on it.</param>
internal sealed record Fact(string Name, string Value, string Meaning);
