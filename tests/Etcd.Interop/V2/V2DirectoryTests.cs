using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.V2;

/// <summary>Keys of the v2 API stay where they are when a data directory goes from this server to real etcd 3.5 and back, through the log and
/// through snapshots.</summary>
public sealed class V2DirectoryTests
{
    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData("100000")]
    [InlineData("20")]
    public async Task Keys_DirectoryGoesToRealEtcdAndBack_AreTheSame(string snapshotCount)
    {
        using var directory = new TemporaryDirectory();
        var options = new EtcdServerOptions
        {
            DataDirectory = directory.File("data"),
            Flags = ["--snapshot-count", snapshotCount, "--enable-v2"],
            ClientPort = LoopbackPorts.Take(),
            PeerPort = LoopbackPorts.Take(),
        };
        string written = await WriteAndReadAsync(options, "ours");
        string byReal = await WriteAndReadAsync(options with { Kind = ServerKind.Real35 }, "real");
        string byOurs = await WriteAndReadAsync(options, "again");

        Assert.Equal(written, Without(byReal, "real"));
        Assert.Equal(byReal, Without(byOurs, "again"));
    }

    /// <summary>Writes 60 times to a directory, and returns all keys, one a line.</summary>
    private static async Task<string> WriteAndReadAsync(EtcdServerOptions options, string name)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await using EtcdServer server = await EtcdServer.StartAsync(options, cancellationToken);
        using var http = new HttpClient { BaseAddress = server.Address };
        for (int i = 0; i < 60; i++)
        {
            using var form = new FormUrlEncodedContent([KeyValuePair.Create("value", $"<{i}>")]);
            using HttpResponseMessage reply =
                await http.PutAsync(new Uri($"/v2/keys/{name}/{i % 9}", UriKind.Relative), form, cancellationToken);
            reply.EnsureSuccessStatusCode();
        }

        string all = await http.GetStringAsync(new Uri("/v2/keys/?recursive=true&sorted=true", UriKind.Relative), cancellationToken);
        await server.TerminateAsync();
        string[] nodes = all.Split("{\"key\":").Where(node => node.Contains("value", StringComparison.Ordinal)).ToArray();
        return string.Concat(nodes.Select(node => node[..(node.IndexOf('}', StringComparison.Ordinal) + 1)] + "\n"));
    }

    private static string Without(string nodes, string name) =>
        string.Concat(nodes.Split('\n').Where(node => node.Length > 0 && !node.StartsWith($"\"/{name}/", StringComparison.Ordinal)).Select(node => node + "\n"));
}
