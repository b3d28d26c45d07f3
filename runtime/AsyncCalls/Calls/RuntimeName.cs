namespace AsyncCalls.Calls;

/// <summary>What the threads of a runtime are told of it.</summary>
/// <param name="Text">Its name: <c>AsyncCalls</c>, or <c>AsyncCalls 2</c>.</param>
/// <param name="IsPortable">Whether they must make no system call of their own.</param>
internal readonly record struct RuntimeName(string Text, bool IsPortable)
{
    public static implicit operator RuntimeName(string text) => new(text, !OperatingSystem.IsLinux());
}
