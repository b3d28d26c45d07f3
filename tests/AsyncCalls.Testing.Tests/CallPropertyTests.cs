using CsCheck;

namespace AsyncCalls.Testing.Tests;

/// <summary>What the runtime promises, for any seed and any faults.</summary>
public sealed class CallPropertyTests
{
    private const int Runs = 150;

    private const int Interrupted = 4; // EINTR

    private static readonly Gen<CallFaults> AnyFaults =
        from shorts in Gen.Double[0, 0.9]
        from interruptions in Gen.Double[0, 0.7]
        from errors in Gen.Double[0, 0.5]
        from refusals in Gen.Double[0, 0.9]
        from lost in Gen.Double[0, 0.9]
        select new CallFaults { ShortTransfers = shorts, Interruptions = interruptions, Errors = errors, Refusals = refusals, LostWakeUps = lost };

    private static readonly Gen<(int Seed, CallFaults Faults)> AnySimulation = Gen.Select(Gen.Int, AnyFaults);

    /// <summary>Blocks of every way that a call can go, cancelled now and then; each accepted one has one event, and a refused one none.</summary>
    [Fact]
    public void Every_accepted_call_completes_exactly_once() => AnySimulation.Sample(
        sample =>
        {
            using var file = new TemporaryFile(TemporaryFile.Pattern(4_096));
            using var pipe = new TestPipe();
            var simulation = new CallSimulation(sample.Seed, sample.Faults);
            using AsyncCallRuntime runtime = simulation.CreateRuntime(new AsyncCallOptions { MaxInFlight = 20 });
            using AsyncCallContext context = runtime.CreateContext();
            using HandleLease onFile = context.Lease(file.Handle);
            using HandleLease onPipe = context.Lease(pipe.Reader);
            using BufferLease buffer = context.Pin(new byte[256]);
            var random = new Random(sample.Seed);

            const int Calls = 60;
            var blocks = new Iocb[Calls];
            for (int i = 0; i < Calls; i++)
            {
                blocks[i] = random.Next(5) switch
                {
                    0 => Iocb.Nop(),
                    1 => Iocb.Read(onFile, buffer, 256, random.Next(5_000)),
                    2 => Iocb.Write(onFile, buffer, 100, random.Next(5_000)),
                    3 => Iocb.FSync(onFile),
                    _ => Iocb.Read(onPipe, buffer, 8),
                };
                blocks[i].Cookie = (ulong)i + 1;
                blocks[i].Timeout = random.Next(3) == 0 ? TimeSpan.FromMilliseconds(1 + random.Next(5)) : TimeSpan.Zero;
            }

            var ids = new CallId[Calls];
            int[] completions = new int[Calls + 1];
            int accepted = 0;
            var events = new CompletionEvent[8];
            while (accepted < Calls)
            {
                int more = context.Submit(blocks.AsSpan(accepted), ids.AsSpan(accepted));
                Assert.InRange(more, 0, Calls - accepted);
                accepted += more;
                if (random.Next(4) == 0 && accepted > 0)
                {
                    context.Cancel(ids[random.Next(accepted)]);
                }

                pipe.Write(1, 2, 3);
                simulation.Step();
                Reap();
                Assert.All(completions.AsSpan(accepted + 1).ToArray(), count => Assert.Equal(0, count));
            }

            // What still waits for the pipe is cancelled; interruptions that are lost are sent again.
            simulation.RunUntilIdle();
            context.CancelAll();
            simulation.RunUntilIdle();
            Reap();
            Assert.All(completions.AsSpan(1).ToArray(), count => Assert.Equal(1, count));
            Assert.Equal(0, runtime.GetStatistics().InFlight);

            void Reap()
            {
                int got;
                while ((got = context.Reap(events)) > 0)
                {
                    foreach (CompletionEvent completion in events.AsSpan(0, got))
                    {
                        completions[completion.Cookie]++;
                    }
                }
            }
        },
        iter: Runs,
        threads: 1);

    [Fact]
    public void A_buffer_stays_pinned_until_its_call_has_completed_and_no_longer() => AnySimulation.Sample(
        sample =>
        {
            using var file = new TemporaryFile(TemporaryFile.Pattern(10_000));
            using var pipe = new TestPipe();
            var simulation = new CallSimulation(sample.Seed, sample.Faults);
            AsyncCallRuntime runtime = simulation.CreateRuntime(new AsyncCallOptions { MaxInFlight = 5 });
            var random = new Random(sample.Seed);
            using var source = new CancellationTokenSource();

            var calls = new List<(CountedMemory Memory, Task Task)>();
            for (int i = 0; i < 12; i++)
            {
                var memory = new CountedMemory(512);
                CancellationToken token = i % 3 == 0 ? source.Token : CancellationToken.None;
                calls.Add((memory, random.Next(3) switch
                {
                    0 => Libc.readAsync(pipe.Reader, memory.Memory, 512, runtime, token).AsTask(),
                    1 => new Files(runtime).ReadAsync(file.Handle, memory.Memory, random.Next(10_000), token).AsTask(),
                    _ => new Files(runtime).WriteAsync(file.Handle, memory.Memory, random.Next(10_000), token).AsTask(),
                }));
            }

            int steps = 0;
            bool any = true;
            while (any)
            {
                foreach ((CountedMemory memory, Task task) in calls)
                {
                    Assert.Equal(task.IsCompleted ? 0 : 1, memory.Pins);
                }

                any = simulation.Step();
                if (++steps == 20)
                {
                    source.Cancel();
                    any = true;
                }
                else if (!any && !pipe.Reader.IsClosed)
                {
                    // Ends the reads of the pipe that nobody cancelled.
                    pipe.Reader.Dispose();
                    any = true;
                }
            }

            Assert.All(calls, call => Assert.True(call.Task.IsCompleted));
            runtime.Dispose();
        },
        iter: Runs,
        threads: 1);

    [Fact]
    public void Disposing_a_runtime_ends_every_call_and_lets_go_of_every_buffer() => AnySimulation.Sample(
        sample =>
        {
            using var file = new TemporaryFile(TemporaryFile.Pattern(100));
            using var pipe = new TestPipe();
            var simulation = new CallSimulation(sample.Seed, sample.Faults);
            AsyncCallRuntime runtime = simulation.CreateRuntime(new AsyncCallOptions { MaxInFlight = 3 });
            CountedMemory[] memories = [.. Enumerable.Range(0, 8).Select(_ => new CountedMemory(64))];
            Task[] tasks =
            [
                .. memories.Select((memory, i) => i % 2 == 0
                    ? Libc.readAsync(pipe.Reader, memory.Memory, 64, runtime).AsTask()
                    : (Task)new Files(runtime).ReadAsync(file.Handle, memory.Memory, 0).AsTask()),
            ];
            for (int i = 0; i < (sample.Seed & 15); i++)
            {
                simulation.Step();
            }

            runtime.Dispose();

            // What was cancelled before it had a slot resumes on the thread pool once the runtime is gone.
            Assert.True(Task.WaitAny(Task.WhenAll(tasks), Task.Delay(TimeSpan.FromSeconds(20))) == 0, "Not every call has ended.");
            Assert.All(memories, memory => Assert.Equal(0, memory.Pins));
        },
        iter: 50,
        threads: 1);

    [Fact]
    public void What_was_written_is_there_whatever_was_short_interrupted_or_refused() => AnySimulation.Sample(
        sample =>
        {
            using var file = new TemporaryFile();
            var simulation = new CallSimulation(sample.Seed, sample.Faults with { Errors = 0 });
            using AsyncCallRuntime runtime = simulation.CreateRuntime(new AsyncCallOptions { MaxInFlight = 4 });
            byte[] content = TemporaryFile.Pattern(8_000);
            simulation.Run(async () =>
            {
                // The class library's write is all or an exception; the system call's may be a part, or interrupted.
                var files = new Files(runtime);
                await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
                {
                    ReadOnlyMemory<byte> block = content.AsMemory(i * 1_000, 1_000);
                    if (i % 2 == 0)
                    {
                        await files.WriteAsync(file.Handle, block, i * 1_000);
                    }
                    else
                    {
                        await WriteAllAsync(runtime, file, block, i * 1_000);
                    }
                }));
                Assert.Equal(content, await ReadAllAsync(runtime, file, content.Length));
            });
            Assert.Equal(content, file.Content);
        },
        iter: Runs,
        threads: 1);

    [Fact]
    public void A_cancelled_call_ends_however_often_its_interruption_is_lost() => Gen.Int.Sample(
        seed =>
        {
            using var pipe = new TestPipe();
            var simulation = new CallSimulation(seed, new CallFaults { LostWakeUps = 0.9 });
            using AsyncCallRuntime runtime = simulation.CreateRuntime();
            using var source = new CancellationTokenSource();
            Task reading = Libc.readAsync(pipe.Reader, new byte[1], 1, runtime, source.Token).AsTask();
            simulation.RunUntilIdle();
            Assert.False(reading.IsCompleted);

            source.Cancel();
            simulation.RunUntilIdle();
            Assert.True(reading.IsCanceled);
        },
        iter: Runs,
        threads: 1);

    private static async Task WriteAllAsync(AsyncCallRuntime runtime, TemporaryFile file, ReadOnlyMemory<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            nint written = await Libc.pwriteAsync(file.Handle, bytes, (nuint)bytes.Length, offset, runtime);
            if (written < 0)
            {
                Assert.Equal(Interrupted, System.Runtime.InteropServices.Marshal.GetLastPInvokeError());
                continue;
            }

            bytes = bytes[(int)written..];
            offset += written;
        }
    }

    private static async Task<byte[]> ReadAllAsync(AsyncCallRuntime runtime, TemporaryFile file, int length)
    {
        byte[] bytes = new byte[length];
        int done = 0;
        while (done < length)
        {
            int read = await new Files(runtime).ReadAsync(file.Handle, bytes.AsMemory(done), done);
            Assert.True(read > 0, "The file ends too early.");
            done += read;
        }

        return bytes;
    }
}
