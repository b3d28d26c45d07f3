namespace AsyncCalls.Generator.Models;

/// <summary>What the twin does.</summary>
internal abstract record TwinCall;

/// <summary>A call that the runtime knows.</summary>
/// <param name="Operation">Its operation in the routing table.</param>
/// <param name="Conversion">The conversion of what starts it, such as <c>.AsInt32()</c>; or nothing.</param>
internal abstract record NativeCall(CallOperation Operation, string Conversion) : TwinCall
{
    /// <summary>The import itself, for a runtime that makes no system call of its own; null for a call of the class library, which has its form in the runtime.</summary>
    public PortableCall? Portable { get; init; }
}

/// <summary>One known call: a native descriptor.</summary>
/// <param name="Target">The method of the runtime that starts it, such as <c>RandomAccessCalls.Read</c>.</param>
/// <param name="Operation">Its operation in the routing table.</param>
/// <param name="Arguments">The arguments between the method's name and the token.</param>
/// <param name="NonNegative">Parameters that are checked before they are cast to an unsigned type.</param>
/// <param name="Conversion">The conversion of what the target returns, such as <c>.AsInt32()</c>; or nothing.</param>
/// <param name="Owned">The name of the parameter whose memory belongs to the call until it completes; or null.</param>
/// <param name="Count">How many bytes of that memory the call may touch; null where that is all of it.</param>
internal sealed record DescriptorCall(
    string Target,
    CallOperation Operation,
    EquatableArray<string> Arguments,
    EquatableArray<string> NonNegative,
    string Conversion,
    string? Owned,
    string? Count = null) : NativeCall(Operation, Conversion);

/// <summary>One known function of libc, described argument by argument.</summary>
/// <param name="Operation">Its operation in the routing table.</param>
/// <param name="Errors">The member of <c>AsyncCallErrors</c>.</param>
/// <param name="Steps">What tells the runtime of each argument, such as <c>Handle(fd)</c>.</param>
/// <param name="NonNegative">Parameters that are checked before they count bytes.</param>
/// <param name="Conversion">The conversion of the started call, such as <c>.AsInt32()</c>.</param>
/// <param name="Owned">The names of the parameters whose memory belongs to the call until it completes.</param>
internal sealed record LibcTwinCall(
    CallOperation Operation,
    string Errors,
    EquatableArray<string> Steps,
    EquatableArray<string> NonNegative,
    string Conversion,
    EquatableArray<string> Owned) : NativeCall(Operation, Conversion);

/// <summary>The annotated method itself, called by a worker thread.</summary>
/// <param name="Import">How an import is run; null for a body.</param>
/// <param name="Receiver">The type that the instance is cast to for an explicit implementation; null for the others.</param>
/// <param name="Callee">What is called: <c>self.List</c> without its receiver, or the whole name of a static method.</param>
/// <param name="State">What travels to the worker, in the order of the tuple.</param>
/// <param name="Arguments">The arguments of the method, in its own order.</param>
/// <param name="Outs">The variables that the method's <c>out</c> parameters fill, which are returned after its result.</param>
/// <param name="ReturnsVoid">Whether the method itself returns nothing.</param>
/// <param name="LambdaState">The name of the lambda's first parameter.</param>
/// <param name="LambdaToken">The name of the lambda's second parameter; null for a method that takes no token.</param>
/// <param name="Handle">The first parameter that is a SafeHandle, which the call is about; null if there is none.</param>
internal sealed record WorkerCall(
    ImportTraits? Import,
    string? Receiver,
    string Callee,
    EquatableArray<StateElement> State,
    EquatableArray<WorkerArgument> Arguments,
    EquatableArray<string> Outs,
    bool ReturnsVoid,
    string LambdaState,
    string? LambdaToken,
    string? Handle) : TwinCall;

/// <summary>What a native import does on a portable runtime.</summary>
/// <param name="Import">The import, called by a worker.</param>
/// <param name="Runtime">The variable that the runtime is kept in.</param>
/// <param name="Described">The variable that the call is kept in once its arguments are told.</param>
internal sealed record PortableCall(WorkerCall Import, string Runtime, string Described);

/// <summary>How the worker runs an import.</summary>
/// <param name="Errors">The member of <c>AsyncCallErrors</c>; null where the twin gives nothing at all.</param>
/// <param name="GivesErrno">Whether the twin gives the error number beside the result.</param>
/// <param name="Interruptible">Whether a signal may interrupt it.</param>
internal sealed record ImportTraits(string? Errors, bool GivesErrno, bool Interruptible);

/// <summary>One element of the state that travels to the worker.</summary>
internal sealed record StateElement(string Name, string Value);

/// <summary>One argument of the call on the worker.</summary>
/// <param name="Modifier"><c>in </c>, or nothing.</param>
/// <param name="Element">The element of the state; null for the token and for a variable.</param>
/// <param name="Suffix"><c>.Span</c> where the twin has Memory in the place of Span.</param>
/// <param name="Variable">The declaration of the variable of an <c>out</c> parameter; null for the others.</param>
internal sealed record WorkerArgument(string Modifier, string? Element, string Suffix, string? Variable);
