using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace AsyncCalls.Samples.Tests;

/// <summary>The file server on one thread: with every backend there is, and with each call through the ring.</summary>
public sealed class EpollLoopTests
{
    private const int SigInt = 2;
    private const int SigTerm = 15;

    public static TheoryData<string[]> Lanes => new([], ["--workers-only"]);

    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task Clients_get_the_files_that_they_ask_for_at_the_same_time(string[] lane)
    {
        const int Clients = 12;
        using var tree = new TemporaryTree();
        string[] paths = ["small", "empty", "folder/in it", "one block", "one block and a byte", "large"];
        int[] lengths = [100, 0, 2_000, 65_536, 65_537, 1_000_003];
        for (int i = 0; i < paths.Length; i++)
        {
            tree.Write(paths[i], lengths[i]);
        }

        using var server = await Server.StartAsync([tree.Root, .. lane]);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(number => Task.Run(async () =>
        {
            using var client = await Client.ConnectAsync(server.Port);
            for (int i = 0; i < paths.Length; i++)
            {
                // Each in another order.
                string path = paths[(i + number) % paths.Length];
                Assert.Equal(File.ReadAllBytes(Path.Join(tree.Root, path)), await client.GetAsync(path));
            }
        })));

        Finished finished = (await server.EndAsync(SigInt)).ExpectExitCode(0);
        Assert.Contains($"ended. {Clients * paths.Length} files, {Clients * (long)lengths.Sum()} bytes, 0 refused", finished.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", finished.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task What_is_missing_or_outside_of_the_folder_is_refused_and_the_client_may_go_on(string[] lane)
    {
        using var tree = new TemporaryTree();
        tree.Write("served/file", 10);
        tree.Write("served/inner/file", 10);
        tree.Write("served-not/secret", 20);
        string served = Path.Join(tree.Root, "served");
        File.CreateSymbolicLink(Path.Join(served, "link out"), Path.Join(tree.Root, "served-not", "secret"));
        File.CreateSymbolicLink(Path.Join(served, "link in"), "file");
        using var server = await Server.StartAsync([served, .. lane]);
        using var client = await Client.ConnectAsync(server.Port);

        Assert.Equal("ERROR no such file", await client.AskAsync("nothing"));
        Assert.Equal("ERROR no such file", await client.AskAsync("folder/nothing"));
        Assert.Equal("ERROR cannot be opened", await client.AskAsync("inner"));
        foreach (string outside in new[] { "../served-not/secret", "x/../../served-not/secret", Path.Join(tree.Root, "served-not", "secret"), "/etc/passwd", "link out", "..", ".", "" })
        {
            Assert.Equal("ERROR outside of the folder", await client.AskAsync(outside));
        }

        Assert.Equal(10, (await client.GetAsync("link in")).Length);
        Assert.Equal(10, (await client.GetAsync("x/../file")).Length);
        (await server.EndAsync(SigInt)).ExpectExitCode(0);
    }

    [Theory]
    [InlineData(SigInt)]
    [InlineData(SigTerm)]
    public async Task A_signal_ends_it_while_one_client_idles_and_one_does_not_read_on(int signal)
    {
        using var tree = new TemporaryTree();
        tree.WriteSparse("larger than every buffer", 1L << 30);
        using var server = await Server.StartAsync([tree.Root, "--workers-only"]);
        using var idle = await Client.ConnectAsync(server.Port);
        using var slow = await Client.ConnectAsync(server.Port);
        Assert.Equal($"OK {1L << 30}", await slow.AskAsync("larger than every buffer"));

        Finished finished = (await server.EndAsync(signal)).ExpectExitCode(0);

        Assert.Contains("ended. 0 files", finished.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_says_each_second_what_it_does()
    {
        using var tree = new TemporaryTree();
        using var server = await Server.StartAsync([tree.Root]);
        using var client = await Client.ConnectAsync(server.Port);
        await Task.Delay(1_500, TestContext.Current.CancellationToken);

        Finished finished = (await server.EndAsync(SigInt)).ExpectExitCode(0);

        Assert.Contains("EpollLoop: 1 connections, 0 files, 0 bytes, 0 refused, 0 calls in flight\n", finished.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_arguments_and_a_port_in_use_are_told()
    {
        using var tree = new TemporaryTree();
        tree.Write("file", 1);
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        string port = ((IPEndPoint)taken.LocalEndPoint!).Port.ToString();
        Task<Finished>[] runs =
        [
            SampleProcess.RunAsync("EpollLoop", tree.Root, "--port", port),
            SampleProcess.RunAsync("EpollLoop", Path.Join(tree.Root, "nothing")),
            SampleProcess.RunAsync("EpollLoop", Path.Join(tree.Root, "file")),
            SampleProcess.RunAsync("EpollLoop", tree.Root, "--port", "65536"),
        ];
        Finished[] finished = await Task.WhenAll(runs);

        Assert.Contains($"EpollLoop: port {port} is in use", finished[0].ExpectExitCode(2).Error, StringComparison.Ordinal);
        Assert.Contains("does not exist", finished[1].ExpectExitCode(2).Error, StringComparison.Ordinal);
        Assert.Contains("is a file, not a folder", finished[2].ExpectExitCode(2).Error, StringComparison.Ordinal);
        Assert.Contains("--port is 65536", finished[3].ExpectExitCode(2).Error, StringComparison.Ordinal);
    }

    /// <summary>The sample, listening.</summary>
    private sealed class Server : IDisposable
    {
        private const string Greeting = "listening on 127.0.0.1:";

        private readonly SampleProcess _process;

        private Server(SampleProcess process, int port)
        {
            _process = process;
            Port = port;
        }

        public int Port { get; }

        public static async Task<Server> StartAsync(params string[] arguments)
        {
            SampleProcess process = SampleProcess.Start("EpollLoop", [.. arguments, "--port", "0"]);
            string line = await process.FirstLine.WaitAsync(TestContext.Current.CancellationToken);
            Assert.StartsWith(Greeting, line, StringComparison.Ordinal);
            return new Server(process, int.Parse(line[Greeting.Length..]));
        }

        public Task<Finished> EndAsync(int signal)
        {
            _process.Signal(signal);
            return _process.EndAsync();
        }

        public void Dispose() => _process.Dispose();
    }

    private sealed class Client : IDisposable
    {
        private readonly TcpClient _client = new();

        private NetworkStream Stream => _client.GetStream();

        public static async Task<Client> ConnectAsync(int port)
        {
            var client = new Client();
            await client._client.ConnectAsync(IPAddress.Loopback, port, TestContext.Current.CancellationToken);
            return client;
        }

        /// <summary>Sends a line, and returns the line that answers it.</summary>
        public async Task<string> AskAsync(string path)
        {
            await Stream.WriteAsync(Encoding.UTF8.GetBytes(path + "\n"), TestContext.Current.CancellationToken);
            var line = new StringBuilder();
            byte[] one = new byte[1];
            while (true)
            {
                await Stream.ReadExactlyAsync(one, TestContext.Current.CancellationToken);
                if (one[0] == '\n')
                {
                    return line.ToString();
                }

                line.Append((char)one[0]);
            }
        }

        public async Task<byte[]> GetAsync(string path)
        {
            string answer = await AskAsync(path);
            Assert.StartsWith("OK ", answer, StringComparison.Ordinal);
            byte[] content = new byte[int.Parse(answer[3..])];
            await Stream.ReadExactlyAsync(content, TestContext.Current.CancellationToken);
            return content;
        }

        public void Dispose() => _client.Dispose();
    }
}
