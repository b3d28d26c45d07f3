namespace AsyncCalls.Generator;

/// <summary>Names of the pipeline's steps, by which the tests assert that an unrelated edit leaves them cached.</summary>
internal static class TrackingNames
{
    public const string Parse = nameof(Parse);
    public const string Model = nameof(Model);
    public const string Operation = nameof(Operation);
    public const string Operations = nameof(Operations);

    /// <summary>Every name above: the tests fail when a step is added without one.</summary>
    public static readonly IReadOnlyList<string> All = [Parse, Model, Operation, Operations];
}
