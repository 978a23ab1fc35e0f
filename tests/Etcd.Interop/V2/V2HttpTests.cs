using System.Text.RegularExpressions;

using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.V2;

/// <summary><c>/v2</c> by curl: replies equal those of real etcd 3.4, head and body.</summary>
public sealed partial class V2HttpTests
{
    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Requests_EveryOneOfTheScript_AreAnsweredAsByRealEtcd()
    {
        SortedSet<string> codes = await CompareAsync("requests.curl");

        // All that a client can provoke on a healthy cluster; 110 is in the script of users, 300 has tests of its own.
        Assert.Equal(["100", "101", "102", "104", "105", "107", "108", "201", "202", "203", "209", "210", "211", "212", "401"], codes);
    }

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Users_EveryRequestOfTheScript_AreAnsweredAsByRealEtcd()
    {
        SortedSet<string> codes = await CompareAsync("auth.curl");

        Assert.Contains("110", codes);
    }

    // From etcd's older guides, letter for letter, on a fresh server.
    [Fact]
    public async Task Guide_FirstStepsOfAFreshServer_AreAsWritten()
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await V2Pair.StartAsync(ServerKind.Ours, directory, TestContext.Current.CancellationToken);

        Assert.Equal(
            """{"action":"set","node":{"key":"/message","value":"Hello","modifiedIndex":4,"createdIndex":4}}""",
            await CurlAsync(server, "message", "-X", "PUT", "-d", "value=Hello"));
        Assert.Equal(
            """{"action":"get","node":{"key":"/message","value":"Hello","modifiedIndex":4,"createdIndex":4}}""",
            await CurlAsync(server, "message"));
        Assert.Equal(
            """{"action":"delete","node":{"key":"/message","modifiedIndex":5,"createdIndex":4},"prevNode":{"key":"/message","value":"Hello","modifiedIndex":4,"createdIndex":4}}""",
            await CurlAsync(server, "message", "-X", "DELETE"));
        Assert.Matches(
            """^{"action":"set","node":{"key":"/foo","value":"bar","expiration":"20[0-9TZ:.-]+Z","ttl":2,"modifiedIndex":6,"createdIndex":6}}$""",
            await CurlAsync(server, "foo?ttl=2", "-X", "PUT", "-d", "value=bar"));
        Assert.Contains("\"action\":\"expire\"", await CurlAsync(server, "foo?wait=true"), StringComparison.Ordinal);
        Assert.Equal(
            """{"errorCode":100,"message":"Key not found","cause":"/foo","index":7}""", await CurlAsync(server, "foo"));
    }

    // --max-request-bytes is a bound of gRPC and of the gateway. What a form holds is taken; what is more than any form holds is not.
    [Theory]
    [InlineData(ServerKind.Ours)]
    [InlineData(ServerKind.Real34)]
    public async Task Put_LargeValue_IsTakenUpToTheSizeOfAForm(ServerKind kind)
    {
        Assert.SkipUnless(kind == ServerKind.Ours || RealEtcd.IsPresent, RealEtcd.AbsentReason);
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await V2Pair.StartAsync(kind, directory, TestContext.Current.CancellationToken);
        string file = directory.File("form");
        await File.WriteAllTextAsync(file, "value=" + new string('z', 4_000_000), TestContext.Current.CancellationToken);
        string set = await CurlAsync(server, "big", "-X", "PUT", "--data-binary", $"@{file}");
        string get = await CurlAsync(server, "big");
        await File.WriteAllTextAsync(file, "value=" + new string('z', 11_000_000), TestContext.Current.CancellationToken);
        string refused = await CurlAsync(server, "big", "-X", "PUT", "--data-binary", $"@{file}");

        Assert.StartsWith("""{"action":"set","node":{"key":"/big","value":"zzz""", set, StringComparison.Ordinal);
        Assert.Equal(4_000_000, get.Count(character => character == 'z'));
        Assert.Equal("""{"errorCode":210,"message":"Invalid POST form","cause":"http: POST too large","index":0}""", refused);
    }

    [Fact]
    public async Task EnableV2_False_TakesItAway()
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { DataDirectory = directory.File("data"), Flags = ["--enable-v2=false"] },
            TestContext.Current.CancellationToken);

        Assert.Equal("404 page not found", await CurlAsync(server, "message"));
    }

    [Fact]
    public async Task Keys_AfterKillAndRestart_AreThere()
    {
        using var directory = new TemporaryDirectory();
        await using (EtcdServer server = await V2Pair.StartAsync(ServerKind.Ours, directory, TestContext.Current.CancellationToken))
        {
            await CurlAsync(server, "a/b", "-X", "PUT", "-d", "value=kept");
            await server.KillAsync();
        }

        await using EtcdServer again = await V2Pair.StartAsync(ServerKind.Ours, directory, TestContext.Current.CancellationToken);

        Assert.Equal(
            """{"action":"get","node":{"key":"/a/b","value":"kept","modifiedIndex":4,"createdIndex":4}}""", await CurlAsync(again, "a/b"));
    }

    // One client that never reads must not hold up another, nor the writes both watch.
    [Fact]
    public async Task Watch_ReaderThatNeverReads_HoldsNothingUp()
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await V2Pair.StartAsync(ServerKind.Ours, directory, TestContext.Current.CancellationToken);
        using var stuck = new System.Net.Sockets.TcpClient { ReceiveBufferSize = 1024 };
        await stuck.ConnectAsync("127.0.0.1", server.ClientPort, TestContext.Current.CancellationToken);
        await stuck.GetStream().WriteAsync(
            "GET /v2/keys/w?wait=true&stream=true&recursive=true HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        string value = "value=" + new string('x', 100_000);
        using var http = new HttpClient { BaseAddress = server.Address };
        for (int i = 0; i < 300; i++)
        {
            using var form = new StringContent(value, System.Text.Encoding.ASCII, "application/x-www-form-urlencoded");
            using HttpResponseMessage reply = await http.PutAsync(new Uri($"/v2/keys/w/{i}", UriKind.Relative), form, TestContext.Current.CancellationToken);
            Assert.True(reply.IsSuccessStatusCode);
        }

        Assert.Contains("\"watchers\":0", await http.GetStringAsync(new Uri("/v2/stats/store", UriKind.Relative), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task<SortedSet<string>> CompareAsync(string script)
    {
        await using V2Pair pair = await V2Pair.StartAsync(TestContext.Current.CancellationToken);
        var differences = new List<string>();
        var codes = new SortedSet<string>(StringComparer.Ordinal);
        string path = Path.Combine(SharedMaterial.RepositoryRoot, "tests", "Etcd.Interop", "V2", script);
        foreach (string line in await File.ReadAllLinesAsync(path, TestContext.Current.CancellationToken))
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            (string ours, string real) = await pair.RunAsync($"curl -s -i --max-time 3 {line}");
            codes.UnionWith(ErrorCode().Matches(ours).Select(match => match.Groups[1].Value));
            if (ours != real)
            {
                differences.Add($"=== curl {line}\n--- real\n{real}\n--- ours\n{ours}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
        return codes;
    }

    private static async Task<string> CurlAsync(EtcdServer server, string key, params string[] options)
    {
        CommandOutcome outcome = await new Command(
            "/usr/bin/curl", ["--silent", "--show-error", "--max-time", "20", $"http://{server.Endpoint}/v2/keys/{key}", .. options])
            .RunAsync(TestContext.Current.CancellationToken);
        return outcome.MustSucceed().Output.TrimEnd('\n');
    }

    [GeneratedRegex("\"errorCode\":([0-9]+)")]
    private static partial Regex ErrorCode();
}
