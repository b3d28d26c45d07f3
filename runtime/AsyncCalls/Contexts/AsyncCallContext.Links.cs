using AsyncCalls.Backends;
using AsyncCalls.Calls;
using AsyncCalls.Contexts;
using AsyncCalls.Interop.Linux;

namespace AsyncCalls;

/// <summary>Blocks that are submitted as one: linked to their successors, or ordered by a drain.</summary>
public sealed unsafe partial class AsyncCallContext
{
    private const IocbFlags Links = IocbFlags.Link | IocbFlags.HardLink;

    /// <summary>Made for the first block that drains.</summary>
    private DrainGate? _drain;

    /// <summary>Whether a block is to wait for others, or others for it.</summary>
    private bool IsOrdered(in Iocb block) => (block.Flags & (Links | IocbFlags.Drain)) != 0 || _drain is { IsOpen: false };

    /// <summary>How many blocks the first one begins a chain of: all that are linked to the next, and the one after them, as far as the batch goes.</summary>
    private static int ChainLength(ReadOnlySpan<Iocb> blocks)
    {
        int length = 1;
        while (length < blocks.Length && (blocks[length - 1].Flags & Links) != 0)
        {
            length++;
        }

        return length;
    }

    /// <summary>Submits a chain, as a whole.</summary>
    /// <returns>How many of its blocks were accepted.</returns>
    private int SubmitChain(ReadOnlySpan<Iocb> blocks, Span<CallId> ids)
    {
        if (blocks.Length > _engine.MaxInFlight)
        {
            throw new ArgumentException($"The chain has {blocks.Length} calls, and {nameof(AsyncCallOptions.MaxInFlight)} is {_engine.MaxInFlight}: it would never be accepted.", nameof(blocks));
        }

        bool drains = false;
        foreach (ref readonly Iocb block in blocks)
        {
            drains |= (block.Flags & IocbFlags.Drain) != 0;
        }

        DrainGate? drain = drains ? LazyInitializer.EnsureInitialized(ref _drain, () => new DrainGate(() => InFlight)) : _drain;
        var chain = new CallChain(_engine, drain, blocks.Length, drains);
        try
        {
            foreach (ref readonly Iocb block in blocks)
            {
                IoCall call = Prepare(block, out Backend backend);
                chain.Add(call, backend, (block.Flags & IocbFlags.HardLink) == 0, block.Operation == CallOperation.Sleep ? TimeSpan.FromTicks(block.Length) : default, WholeBytes(call.Iocb));
            }
        }
        catch
        {
            chain.Abandon();
            throw;
        }

        int accepted = chain.TryStart(ids);
        if (accepted == 0)
        {
            return 0;
        }

        if (drain is null)
        {
            chain.Begin();
        }
        else
        {
            drain.Enter(chain);
        }

        return accepted;
    }

    /// <summary>What a transfer is to transfer, so that less breaks its chain, where the kernel sees it so; 0 for everything else.</summary>
    private static long WholeBytes(in Iocb resolved)
    {
        switch (resolved.Operation)
        {
            case CallOperation.Read or CallOperation.ReadAt or CallOperation.Write or CallOperation.WriteAt or CallOperation.Splice or CallOperation.Tee:
                return resolved.Length;
            case CallOperation.ReadVectored or CallOperation.WriteVectored or CallOperation.ReadVectoredAt or CallOperation.WriteVectoredAt
                or CallOperation.ReadVectoredWithFlags or CallOperation.WriteVectoredWithFlags:
                long bytes = 0;
                foreach (Syscalls.IoVector vector in new ReadOnlySpan<Syscalls.IoVector>((void*)resolved.Buffer, (int)resolved.Length))
                {
                    bytes += (long)vector.Length;
                }

                return bytes;
            default:
                return 0;
        }
    }
}
