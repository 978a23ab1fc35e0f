using System.Text.Json;

using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

using Google.Protobuf;

namespace Etcd.Interop.Observability;

/// <summary>Log lines that people and tools look for: the same work gives the same texts and fields on both servers.</summary>
public sealed class LogLineTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task SlowWork_WithEverythingSlow_IsLoggedInEtcdsWordsAndFields(ServerKind kind)
    {
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions
            {
                Kind = kind,
                DataDirectory = _directory.File("data"),
                Flags = ["--experimental-warning-apply-duration=1us", "--log-level=debug"],
            },
            TestContext.Current.CancellationToken);
        await using (var connection = new EtcdConnection(server))
        {
            await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Bytes("b"), Value = Bytes("secret") });
            await connection.CallAsync(EtcdMethods.Range, new RangeRequest { Key = Bytes("b"), RangeEnd = Bytes("c") });
            await connection.CallAsync(EtcdMethods.Compact, new CompactionRequest { Revision = 2, Physical = true });
            await connection.CallAsync(EtcdMethods.Defragment, new DefragmentRequest());
        }

        JsonElement put = await LineAsync(server, "apply request took too long", "value_size");
        Assert.Equal(["took", "expected-duration", "prefix", "request", "response"], FactsOf(put));
        Assert.Matches("^header:<ID:[0-9]+ > put:<key:\"b\" value_size:6 >$", put.GetProperty("request").GetString());
        Assert.Equal("1µs", put.GetProperty("expected-duration").GetString());
        JsonElement range = await LineAsync(server, "apply request took too long", "read-only range");
        Assert.Equal("read-only range ", range.GetProperty("prefix").GetString());
        Assert.Equal("key:\"b\" range_end:\"c\" ", range.GetProperty("request").GetString());
        Assert.StartsWith("range_response_count:1", range.GetProperty("response").GetString(), StringComparison.Ordinal);
        JsonElement stats = await LineAsync(server, "request stats", "KV/Range");
        Assert.Equal(
            [
                "start time", "time spent", "remote", "response type", "request count", "request size", "response count", "response size",
                "request content",
            ],
            FactsOf(stats));
        Assert.Equal("/etcdserverpb.KV/Range", stats.GetProperty("response type").GetString());
        Assert.Equal((0, 6, 1), (Number(stats, "request count"), Number(stats, "request size"), Number(stats, "response count")));
        Assert.Equal("key:\"b\" range_end:\"c\" ", stats.GetProperty("request content").GetString());
        JsonElement compaction = await LineAsync(server, "finished scheduled compaction", "");
        Assert.Equal(
            [
                "compact-revision", "took", "hash", "current-db-size-bytes", "current-db-size", "current-db-size-in-use-bytes",
                "current-db-size-in-use",
            ],
            FactsOf(compaction));
        Assert.Equal(2, Number(compaction, "compact-revision"));
        await LineAsync(server, "finished defragmenting directory", "");
    }

    private static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);

    private static int Number(JsonElement line, string name) => line.GetProperty(name).GetInt32();

    private static string[] FactsOf(JsonElement line) =>
        [.. line.EnumerateObject().Select(field => field.Name).Where(name => name is not ("level" or "ts" or "caller" or "msg"))];

    private static async Task<JsonElement> LineAsync(EtcdServer server, string message, string part)
    {
        string line = await server.Log.WaitForAsync(
            line => line.Contains($"\"msg\":\"{message}\"", StringComparison.Ordinal) && line.Contains(part, StringComparison.Ordinal),
            TimeSpan.FromSeconds(20),
            TestContext.Current.CancellationToken);
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }
}
