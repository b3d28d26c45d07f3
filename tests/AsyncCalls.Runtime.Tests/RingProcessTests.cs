using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using AsyncCalls.Ring;
using Microsoft.Win32.SafeHandles;

#pragma warning disable xUnit1031, xUnit1051 // Blocking, and with limits of its own, is what is tested here.

namespace AsyncCalls.Runtime.Tests;

/// <summary>Consumers in C, in processes of their own, that receive the ring through a socket.</summary>
public sealed unsafe class RingProcessTests
{
    private const int ConsumerBatch = 64;
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(null)]
    [InlineData("-m32")]
    public void TheLayoutIsThatOfTheHeaderInC(string? bits)
    {
        string[] fields = ["magic", "version", "header_bytes", "entry_bytes", "entries", "mask", "compatible", "incompatible", "tail",
            "producer_flags", "overflow_count", "head", "requests", "wake_target"];
        string[] entry = ["cookie", "result", "flags", "operation", "call_id"];
        string prints = string.Concat(
            fields.Select(static field => $"    printf(\"%zu \", offsetof(acring_header, {field}));\n")
                .Concat(entry.Select(static field => $"    printf(\"%zu \", offsetof(acring_event, {field}));\n")));
        using CProgram program = CProgram.Compile(
            $$"""
            #include "asynccalls_ring.h"
            #include <stdio.h>
            int main(void) {
            {{prints}}
                printf("%zu %zu %u %u %u %u %u %u %u %u %u %llu", sizeof(acring_header), sizeof(acring_event), ACRING_MAGIC, ACRING_VERSION,
                    ACRING_OVERFLOW, ACRING_CLOSED, ACRING_BROKEN, ACRING_DIRECT, ACRING_MORE, ACRING_ATTRIBUTE, ACRING_ENTRIES_MAX,
                    (unsigned long long)ACRING_NOBODY);
                return 0;
            }
            """,
            bits);
        ulong[] expected =
        [
            RingLayout.Magic, RingLayout.Version, RingLayout.HeaderSize, RingLayout.EntrySize, RingLayout.Entries, RingLayout.Mask,
            RingLayout.CompatibleFeatures, RingLayout.IncompatibleFeatures, RingLayout.Tail, RingLayout.ProducerFlags, RingLayout.OverflowCount,
            RingLayout.Head, RingLayout.Requests, RingLayout.WakeTarget,
            .. typeof(CompletionEvent).GetFields().Select(static field => (ulong)Marshal.OffsetOf<CompletionEvent>(field.Name)),
            RingLayout.HeaderBytes, (ulong)sizeof(CompletionEvent), RingLayout.MagicValue, RingLayout.VersionValue,
            RingLayout.OverflowFlag, RingLayout.ClosedFlag, RingLayout.BrokenFlag, RingLayout.DirectConsumer, (ulong)CompletionFlags.More,
            (ulong)CompletionFlags.AttributeResult, RingLayout.MaxEntries, RingLayout.NobodySleeps,
        ];
        Assert.Equal(expected, program.Run().Split(' ').Select(static text => ulong.Parse(text, CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData(-1, 0u, 0, 3)]
    [InlineData(RingLayout.Magic, 0u, -22, 0)]
    [InlineData(RingLayout.Version, 2u, -95, 0)]
    [InlineData(RingLayout.IncompatibleFeatures, 1u, -95, 0)]
    [InlineData(RingLayout.HeaderSize, 448u, -22, 0)]
    [InlineData(RingLayout.HeaderSize, 0xFFFFFFC0u, -22, 0)]
    [InlineData(RingLayout.EntrySize, 64u, -22, 0)]
    [InlineData(RingLayout.Entries, 7u, -22, 0)]
    [InlineData(RingLayout.Entries, 0x80000000u, -22, 0)]
    [InlineData(RingLayout.Mask, 0xFFu, -22, 0)]
    [InlineData(RingLayout.CompatibleFeatures, 0xFFu, 0, 3)]
    [InlineData(RingLayout.Head, 100u, 0, -74)]
    [InlineData(RingLayout.Tail, 100u, 0, -74)]
    [InlineData(RingLayout.ProducerFlags, 4u, 0, 3)]
    public void AConsumerInCRefusesWhatCannotBeTrue(int offset, uint value, int attached, int reaped)
    {
        using CProgram program = CProgram.Compile(
            """
            #include "asynccalls_ring.h"
            #include <stdio.h>
            int main(int count, char **arguments) {
                acring ring;
                acring_event events[16];
                int attached = acring_attach(&ring, open(arguments[count - 1], O_RDWR), -1, -1, 0);
                printf("%d %d", attached, attached == 0 ? acring_reap(&ring, events, 16) : 0);
                return 0;
            }
            """);
        using CompletionRing ring = CompletionRing.Create(new CompletionRingOptions { Entries = 8, Shared = true });
        ring.Publish(RingTests.Events(0, 3));
        if (offset >= 0)
        {
            *(uint*)(ring.Memory + offset) = value;
        }

        Assert.Equal($"{attached} {reaped}", program.Run($"/proc/{Environment.ProcessId}/fd/{ring.SharedMemory!.DangerousGetHandle()}"));
    }

    [Theory]
    [InlineData(1, 16)]
    [InlineData(3, 16)]
    [InlineData(3, 1024)]
    public void EachEventReachesExactlyOneOfSeveralProcesses(int consumers, int entries)
    {
        const int Total = 60_000;
        using var processes = new Consumers(consumers, entries);
        for (int i = 0; i < Total; i += 10)
        {
            processes.Ring.Publish(RingTests.Events(i, 10));
        }

        processes.WaitUntilEmpty();
        List<int> seen = processes.End();
        Assert.Equal(Total, seen.Count);
        Assert.Equal(Enumerable.Range(0, Total), seen.Order());
    }

    /// <summary>Everyone at once: threads that publish, threads and processes that reap, a ring that is far too small.</summary>
    [Fact]
    public void EachEventReachesExactlyOneOfThreadsAndProcesses()
    {
        const int Producers = 3;
        const int Reapers = 2;
        const int Each = 20_000;
        using var processes = new Consumers(2, 4);
        var here = new List<int>[Reapers];
        int publishing = Producers;
        Bounded.OnThreads(Producers + Reapers, number =>
        {
            if (number < Producers)
            {
                for (int i = 0; i < Each; i += 5)
                {
                    processes.Ring.Publish(RingTests.Events((number * Each) + i, 5));
                }

                Interlocked.Decrement(ref publishing);
                return;
            }

            var mine = new List<int>();
            var events = new CompletionEvent[3];
            while (Volatile.Read(ref publishing) != 0)
            {
                int taken = processes.Ring.Reap(events, 1, TimeSpan.FromMilliseconds(1));
                mine.AddRange(RingTests.Numbers(events.AsSpan(0, taken)));
            }

            here[number - Producers] = mine;
        });
        processes.WaitUntilEmpty();
        List<int> seen = processes.End();
        Assert.NotEqual(0UL, processes.Ring.OverflowCount);
        Assert.Equal(Enumerable.Range(0, Producers * Each), seen.Concat(here.SelectMany(static numbers => numbers)).Order());
    }

    /// <summary>The copy comes before the swap: a consumer that cannot write to its own buffer faults with the events still in the ring.</summary>
    [Fact]
    public void AConsumerWhoseBufferIsBadLosesNoEvent()
    {
        using CProgram program = CProgram.Compile(
            """
            #include "asynccalls_ring.h"
            #include <setjmp.h>
            #include <signal.h>
            #include <stdio.h>
            static sigjmp_buf back;
            static void on_fault(int signal) { siglongjmp(back, signal); }
            int main(int count, char **arguments) {
                acring ring;
                acring_event events[16];
                acring_event *bad = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                int attached = acring_attach(&ring, open(arguments[count - 1], O_RDWR), -1, -1, 0);
                signal(SIGSEGV, on_fault);
                if (sigsetjmp(back, 1) == 0)
                    return acring_reap(&ring, bad, 16) + 1;
                printf("%d %d", attached, acring_reap(&ring, events, 16));
                return 0;
            }
            """);
        using CompletionRing ring = CompletionRing.Create(new CompletionRingOptions { Entries = 8, Shared = true });
        ring.Publish(RingTests.Events(0, 3));
        Assert.Equal("0 3", program.Run($"/proc/{Environment.ProcessId}/fd/{ring.SharedMemory!.DangerousGetHandle()}"));
    }

    [Theory]
    [InlineData(256)]
    [InlineData(16)]
    public void AKilledConsumerTakesAtMostWhatItHadClaimedAndBlocksNobody(int entries)
    {
        const int Total = 120_000;
        using var processes = new Consumers(3, entries);
        for (int i = 0; i < Total; i += 10)
        {
            processes.Ring.Publish(RingTests.Events(i, 10));
            if (i == Total / 3)
            {
                processes.Kill(0);
            }
        }

        processes.WaitUntilEmpty();
        List<int> seen = processes.End();
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.InRange(Total - seen.Count, 0, ConsumerBatch);
    }

    [Fact]
    public void AConsumerThatIsKilledAsleepBlocksNobody()
    {
        using var processes = new Consumers(2, 16);
        processes.Ring.Publish(RingTests.Events(0, 100));
        processes.WaitUntilEmpty();
        processes.Kill(1);
        processes.Ring.Publish(RingTests.Events(100, 100));
        processes.WaitUntilEmpty();
        List<int> seen = processes.End();
        Assert.Equal(Enumerable.Range(0, 200), seen.Order());
    }

    /// <summary>The descriptors of a killed owner are closed by the kernel, as here by dispose; it sets no flag in the ring.</summary>
    [Fact]
    public void AConsumerThatSleepsWithoutLimitEndsWithItsOwner()
    {
        using var processes = new Consumers(2, 16);
        processes.Ring.Publish(RingTests.Events(0, 100));
        processes.WaitUntilEmpty();
        processes.Forsake();
        Assert.False(processes.Ring.IsClosed);
    }

    /// <summary>A ring and the processes that reap it.</summary>
    private sealed class Consumers : IDisposable
    {
        private readonly CProgram _program = CProgram.CompileFile("samples/SharedRing/consumer.c");
        private readonly List<Process> _processes = [];
        private readonly List<Task<string>> _outputs = [];
        private readonly List<SafeFileHandle> _wakeHandles = [];
        private readonly HashSet<int> _killed = [];

        public Consumers(int count, int entries)
        {
            Ring = CompletionRing.Create(new CompletionRingOptions { Entries = entries, Shared = true });
            string path = Path.Combine(Path.GetTempPath(), $"ring-{Guid.NewGuid():n}");
            using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            for (int i = 0; i < count; i++)
            {
                Process process = _program.Start(path);
                _processes.Add(process);
                _outputs.Add(process.StandardOutput.ReadToEndAsync());
                using Socket connection = listener.Accept();
                _wakeHandles.Add(Ring.SendTo(connection));
            }

            File.Delete(path);
        }

        public CompletionRing Ring { get; }

        public void Kill(int number)
        {
            _processes[number].Kill();
            _killed.Add(number);
        }

        /// <summary>Closes what wakes the consumers, which end and say why.</summary>
        public void Forsake()
        {
            _wakeHandles.ForEach(static handle => handle.Dispose());
            foreach (Process process in _processes)
            {
                Assert.True(process.WaitForExit(Late), "A consumer did not end.");
                Assert.Contains("the owner has gone", process.StandardError.ReadToEnd(), StringComparison.Ordinal);
            }
        }

        public void WaitUntilEmpty() => Assert.True(SpinWait.SpinUntil(() => Ring.IsEmpty, Late), $"{Ring.Count} events were left; {Ring.BrokenReason}");

        /// <summary>Tells the consumers that nothing follows, and returns what they printed. The last line of a killed one may be cut.</summary>
        public List<int> End()
        {
            Ring.Dispose();
            var seen = new List<int>();
            for (int i = 0; i < _processes.Count; i++)
            {
                Assert.True(_processes[i].WaitForExit(Late), "A consumer did not end.");
                string output = _outputs[i].Result;
                Assert.True(_killed.Contains(i) || _processes[i].ExitCode == 0, _processes[i].StandardError.ReadToEnd());
                string whole = output[..(output.LastIndexOf('\n') + 1)];
                foreach (string line in whole.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                {
                    int[] parts = [.. line.Split(' ').Select(static part => int.Parse(part, CultureInfo.InvariantCulture))];
                    Assert.Equal(-parts[0], parts[1]);
                    seen.Add(parts[0]);
                }
            }

            return seen;
        }

        public void Dispose()
        {
            Ring.Dispose();
            foreach (Process process in _processes)
            {
                if (!process.HasExited)
                {
                    process.Kill();
                }

                process.Dispose();
            }

            _wakeHandles.ForEach(static handle => handle.Dispose());
            _program.Dispose();
        }
    }
}
