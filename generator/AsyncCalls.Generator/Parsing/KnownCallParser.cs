using AsyncCalls.Generator.Diagnostics;
using AsyncCalls.Generator.Models;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace AsyncCalls.Generator.Parsing;

/// <summary>Recognises a body that is one call of the class library which the runtime can start as a native descriptor.</summary>
internal static class KnownCallParser
{
    private const string Socket = "System.Net.Sockets.Socket";
    private const string Flags = "System.Net.Sockets.SocketFlags";
    private const string EndPoint = "System.Net.EndPoint";

    private static readonly KnownCall Receive = new("SocketCalls.Receive", "Socket.Receive", CallOperation.Receive);
    private static readonly KnownCall Send = new("SocketCalls.Send", "Socket.Send", CallOperation.Send);
    private static readonly KnownCall SendTo = new("SocketCalls.SendTo", "Socket.SendTo", CallOperation.SendTo);

    // The class library alone can tell its socket that it is connected: a worker has it connect.
    private static readonly KnownCall Connect = new("SocketCalls.Connect", "Socket.Connect", CallOperation.Body);

    private static readonly Dictionary<string, KnownCall> Known = new()
    {
        ["System.IO.RandomAccess.Read(Microsoft.Win32.SafeHandles.SafeFileHandle, System.Span<byte>, long)"] =
            new("RandomAccessCalls.Read", "RandomAccess.Read", CallOperation.ReadAt),
        ["System.IO.RandomAccess.Write(Microsoft.Win32.SafeHandles.SafeFileHandle, System.ReadOnlySpan<byte>, long)"] =
            new("RandomAccessCalls.Write", "RandomAccess.Write", CallOperation.WriteAt),
        ["System.IO.RandomAccess.Read(Microsoft.Win32.SafeHandles.SafeFileHandle, System.Collections.Generic.IReadOnlyList<System.Memory<byte>>, long)"] =
            new("VectoredCalls.Read", "RandomAccess.Read", CallOperation.ReadVectoredAt),
        ["System.IO.RandomAccess.Write(Microsoft.Win32.SafeHandles.SafeFileHandle, System.Collections.Generic.IReadOnlyList<System.ReadOnlyMemory<byte>>, long)"] =
            new("VectoredCalls.Write", "RandomAccess.Write", CallOperation.WriteVectoredAt),
        ["System.IO.RandomAccess.FlushToDisk(Microsoft.Win32.SafeHandles.SafeFileHandle)"] =
            new("RandomAccessCalls.FlushToDisk", "RandomAccess.FlushToDisk", CallOperation.Sync),
        ["System.IO.File.OpenHandle(string, System.IO.FileMode, System.IO.FileAccess, System.IO.FileShare, System.IO.FileOptions, long)"] =
            new("FileCalls.OpenHandle", "File.OpenHandle", CallOperation.OpenAt),
        ["System.Threading.Thread.Sleep(int)"] = new("ThreadCalls.Sleep", "Thread.Sleep", CallOperation.Sleep),
        ["System.Threading.Thread.Sleep(System.TimeSpan)"] = new("ThreadCalls.Sleep", "Thread.Sleep", CallOperation.Sleep),
        [$"{Socket}.Receive(byte[])"] = Receive,
        [$"{Socket}.Receive(byte[], {Flags})"] = Receive,
        [$"{Socket}.Receive(byte[], int, {Flags})"] = Receive,
        [$"{Socket}.Receive(byte[], int, int, {Flags})"] = Receive,
        [$"{Socket}.Receive(System.Span<byte>)"] = Receive,
        [$"{Socket}.Receive(System.Span<byte>, {Flags})"] = Receive,
        [$"{Socket}.Send(byte[])"] = Send,
        [$"{Socket}.Send(byte[], {Flags})"] = Send,
        [$"{Socket}.Send(byte[], int, {Flags})"] = Send,
        [$"{Socket}.Send(byte[], int, int, {Flags})"] = Send,
        [$"{Socket}.Send(System.ReadOnlySpan<byte>)"] = Send,
        [$"{Socket}.Send(System.ReadOnlySpan<byte>, {Flags})"] = Send,
        [$"{Socket}.SendTo(byte[], {EndPoint})"] = SendTo,
        [$"{Socket}.SendTo(byte[], {Flags}, {EndPoint})"] = SendTo,
        [$"{Socket}.SendTo(byte[], int, {Flags}, {EndPoint})"] = SendTo,
        [$"{Socket}.SendTo(byte[], int, int, {Flags}, {EndPoint})"] = SendTo,
        [$"{Socket}.SendTo(System.ReadOnlySpan<byte>, {EndPoint})"] = SendTo,
        [$"{Socket}.SendTo(System.ReadOnlySpan<byte>, {Flags}, {EndPoint})"] = SendTo,
        [$"{Socket}.SendTo(System.ReadOnlySpan<byte>, {Flags}, System.Net.SocketAddress)"] = SendTo,
        [$"{Socket}.ReceiveFrom(System.Span<byte>, {Flags}, System.Net.SocketAddress)"] =
            new("SocketCalls.ReceiveFrom", "Socket.ReceiveFrom", CallOperation.ReceiveFrom),
        [$"{Socket}.Accept()"] = new("SocketCalls.Accept", "Socket.Accept", CallOperation.Accept),
        [$"{Socket}.Connect({EndPoint})"] = Connect,
        [$"{Socket}.Connect(System.Net.IPAddress, int)"] = Connect,
        [$"{Socket}.Connect(string, int)"] = Connect,
        [$"{Socket}.Shutdown(System.Net.Sockets.SocketShutdown)"] = new("SocketCalls.Shutdown", "Socket.Shutdown", CallOperation.Shutdown),
    };

    /// <summary>The native call, or null where the body is anything else, which is no error.</summary>
    public static DescriptorCall? Parse(ParseContext context)
    {
        if (TwinResult.Outs(context.Method).Any()
            || SingleCall(context) is not { } invocation
            || invocation.TargetMethod.ContainingType?.Name is not ("RandomAccess" or "File" or "Thread" or "Socket")
            || !Known.TryGetValue(invocation.TargetMethod.ToDisplayString(), out KnownCall? known))
        {
            return null;
        }

        if (!SymbolEqualityComparer.Default.Equals(context.Method.ReturnType, invocation.TargetMethod.ReturnType))
        {
            context.Report(Rules.NotNative, context.Identifier, context.Method.Name, known.Name, "it does not return what the call returns");
            return null;
        }

        if (MayBeOverridden(context.Method))
        {
            const string Reason = "a derived type may override it: seal the method or the type";
            context.Report(Rules.NotNative, context.Identifier, context.Method.Name, known.Name, Reason);
            return null;
        }

        var arguments = new List<string>();
        string? owned = null;
        if (invocation.Instance is { } instance)
        {
            if (Simple(instance, invocation.TargetMethod.ContainingType) is not { } receiver)
            {
                const string Reason = "what it is called on is computed: take a parameter, a field or a property";
                context.Report(Rules.NotNative, instance.Syntax.GetLocation(), context.Method.Name, known.Name, Reason);
                return null;
            }

            arguments.Add(receiver);
        }

        foreach (IArgumentOperation argument in invocation.Arguments.OrderBy(argument => argument.Parameter?.Ordinal))
        {
            bool isBuffer = TypeFacts.IsAnySpan(argument.Parameter!.Type);
            string? text = isBuffer ? Buffer(argument.Value) : Simple(argument.Value, argument.Parameter.Type);
            if (text is null)
            {
                Location location = argument.Syntax.GetLocation();
                string reason = $"the argument '{argument.Parameter.Name}' is computed: pass a parameter, a field, a property or a constant";
                context.Report(Rules.NotNative, location, context.Method.Name, known.Name, reason);
                return null;
            }

            arguments.Add(text);
            owned = isBuffer || argument.Parameter.Type.Name == "IReadOnlyList" || TypeFacts.IsByteArray(argument.Parameter.Type) ? text : owned;
        }

        return new DescriptorCall(known.Target, known.Operation, new(arguments), default, "", owned);
    }

    // The twin of the base type must do what the override does, so it has to call the method.
    private static bool MayBeOverridden(IMethodSymbol method)
        => (method.IsVirtual || method.IsOverride) && !method.IsSealed && !method.ContainingType.IsSealed;

    /// <summary>The call that is the whole body: <c>=&gt; X(…)</c>, <c>{ return X(…); }</c> or <c>{ X(…); }</c>.</summary>
    private static IInvocationOperation? SingleCall(ParseContext context)
    {
        if (context.SemanticModel.GetOperation(context.Syntax, context.CancellationToken) is not IMethodBodyOperation body
            || (body.BlockBody ?? body.ExpressionBody) is not { } block)
        {
            return null;
        }

        // A void body of expressions ends with a return that the compiler added.
        IOperation[] statements =
        [
            .. block.Operations.Where(operation => operation is not IReturnOperation { ReturnedValue: null, IsImplicit: true }),
        ];
        return statements.Length != 1 ? null : statements[0] switch
        {
            IReturnOperation { ReturnedValue: IInvocationOperation returned } => returned,
            IExpressionStatementOperation { Operation: IInvocationOperation called } => called,
            _ => null,
        };
    }

    /// <summary>A buffer: memory that the twin can keep where the method has a span of it.</summary>
    private static string? Buffer(IOperation value)
    {
        while (value is IConversionOperation { IsImplicit: true } conversion)
        {
            value = conversion.Operand;
        }

        if (value is IPropertyReferenceOperation { Property.Name: "Span", Instance: { Type: { } type } memory } && TypeFacts.IsAnyMemory(type))
        {
            return Simple(memory, type);
        }

        return value.Type is { } kept && (TypeFacts.IsAnySpan(kept) || TypeFacts.IsByteArray(kept)) ? Simple(value, kept) : null;
    }

    /// <summary>A constant, a parameter, or a field or property of the instance or the type, in text; else null.</summary>
    private static string? Simple(IOperation value, ITypeSymbol target)
    {
        if (value.ConstantValue is { HasValue: true, Value: var constant })
        {
            return ConstantText.Format(constant, target);
        }

        return value switch
        {
            IConversionOperation { IsImplicit: true, OperatorMethod: null } conversion => Simple(conversion.Operand, target),
            IParameterReferenceOperation parameter => SymbolText.Identifier(parameter.Parameter.Name) + Forgiven(parameter.Parameter.Type, target),
            IFieldReferenceOperation field => Member(field.Field, field.Instance, Forgiven(field.Field.Type, target)),
            IPropertyReferenceOperation { Property.IsIndexer: false } property =>
                Member(property.Property, property.Instance, Forgiven(property.Property.Type, target)),
            _ => null,
        };
    }

    // Where the body says "value!", or has been warned already, the twin must not warn again.
    private static string Forgiven(ITypeSymbol type, ITypeSymbol target)
        => type is { IsReferenceType: true, NullableAnnotation: NullableAnnotation.Annotated }
            && target.NullableAnnotation != NullableAnnotation.Annotated ? "!" : "";

    private static string? Member(ISymbol member, IOperation? instance, string forgiven) => instance switch
    {
        null => SymbolText.Receiver(member.ContainingType) + "." + SymbolText.Identifier(member.Name) + forgiven,
        IInstanceReferenceOperation { ReferenceKind: InstanceReferenceKind.ContainingTypeInstance } =>
            "this." + SymbolText.Identifier(member.Name) + forgiven,
        _ => null,
    };

    /// <summary>A call of the class library that has a native path.</summary>
    /// <param name="Target">The method of the runtime that starts it.</param>
    /// <param name="Name">Its name in messages.</param>
    /// <param name="Operation">Its operation in the routing table.</param>
    private sealed record KnownCall(string Target, string Name, CallOperation Operation);
}
