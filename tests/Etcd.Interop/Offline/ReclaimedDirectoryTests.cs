using System.Globalization;

using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;
using Google.Protobuf;

namespace Etcd.Interop.Offline;

/// <summary>The database file while the server gives free space back: real etcd opens it whenever the server was killed.</summary>
public sealed class ReclaimedDirectoryTests : IDisposable
{
    private const int Keys = 1500;
    private const int ValueBytes = 20_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryDirectory _directory = new();

    private string DataDirectory => _directory.File("data");

    private string DatabasePath => Path.Combine(DataDirectory, "member", "snap", "db");

    public void Dispose() => _directory.Dispose();

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Server_KilledWhileItGivesSpaceBack_RealEtcdOpensTheDirectoryAndOursGoesOn()
    {
        uint hash;
        long fileBytes;
        await using (EtcdServer server = await StartAsync(ServerKind.Ours, "--backend-reclaim-bytes-per-second=400000"))
        {
            await using var connection = new EtcdConnection(server);
            await FillAndDeleteAsync(connection);
            hash = await HashAsync(connection);
            fileBytes = new FileInfo(DatabasePath).Length;
            await WaitForAsync(server, samples => samples["etcd_debugging_mvcc_db_reclaim_returned_bytes_total"] > 0);
            Assert.Equal(1, (await ReadMetricsAsync(server))["etcd_debugging_mvcc_db_reclaim_active"]);
            await server.KillAsync();
        }

        Assert.True(new FileInfo(DatabasePath).Length < fileBytes);
        await CheckWithRealToolAsync();
        await using (EtcdServer real = await StartAsync(ServerKind.Real35))
        {
            await using var connection = new EtcdConnection(real);
            Assert.Equal(hash, await HashAsync(connection));
            await connection.CallAsync(EtcdMethods.Put, PutOf(0));
            hash = await HashAsync(connection);
            await real.TerminateAsync();
        }

        await using (EtcdServer server = await StartAsync(ServerKind.Ours))
        {
            await using var connection = new EtcdConnection(server);
            Assert.Equal(hash, await HashAsync(connection));
            await WaitForAsync(server, samples => samples["etcd_debugging_mvcc_db_reclaim_active"] == 0
                && samples["etcd_mvcc_db_total_size_in_bytes"] < fileBytes / 3);
            Assert.Equal(hash, await HashAsync(connection));
            await server.TerminateAsync();
        }

        await CheckWithRealToolAsync();
    }

    private static PutRequest PutOf(int key) => new()
    {
        Key = ByteString.CopyFromUtf8(NameOf(key)),
        Value = ByteString.CopyFrom([.. Enumerable.Repeat((byte)key, ValueBytes)]),
    };

    private static string NameOf(int key) => string.Create(CultureInfo.InvariantCulture, $"key/{key:D6}");

    /// <summary>Leaves every fifth key, and compacts the rest away.</summary>
    private static async Task FillAndDeleteAsync(EtcdConnection connection)
    {
        for (int key = 0; key < Keys; key += 50)
        {
            var txn = new TxnRequest();
            txn.Success.Add(Enumerable.Range(key, 50).Select(each => new RequestOp { RequestPut = PutOf(each) }));
            await connection.CallAsync(EtcdMethods.Txn, txn);
        }

        long revision = 0;
        for (int key = 0; key < Keys; key += 50)
        {
            var txn = new TxnRequest();
            txn.Success.Add(Enumerable.Range(key, 50).Where(each => each % 5 != 0).Select(
                each => new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = ByteString.CopyFromUtf8(NameOf(each)) } }));
            revision = (await connection.CallAsync(EtcdMethods.Txn, txn)).Header.Revision;
        }

        await connection.CallAsync(EtcdMethods.Compact, new CompactionRequest { Revision = revision, Physical = true });
    }

    private static async Task<uint> HashAsync(EtcdConnection connection) =>
        (await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest())).Hash;

    private static async Task WaitForAsync(EtcdServer server, Func<IReadOnlyDictionary<string, double>, bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        while (!condition(await ReadMetricsAsync(server)))
        {
            // There is no event to await: looked at until it is so.
            await Task.Delay(50, limit.Token);
        }
    }

    private static async Task<IReadOnlyDictionary<string, double>> ReadMetricsAsync(EtcdServer server)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        string text = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        return text.Split('\n')
            .Where(line => line.Length > 0 && line[0] != '#' && !line.Contains('{', StringComparison.Ordinal))
            .Select(line => line.Split(' '))
            .ToDictionary(parts => parts[0], parts => double.Parse(parts[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
    }

    /// <summary>The status of real etcdutl begins with bbolt's own check of all pages. It wants the file for itself.</summary>
    private async Task CheckWithRealToolAsync()
    {
        string copy = _directory.File("copy.db");
        File.Copy(DatabasePath, copy, overwrite: true);
        CommandOutcome outcome = await new Command(RealEtcd.Utl, ["snapshot", "status", copy, "-w", "json"])
            .RunAsync(TestContext.Current.CancellationToken);
        Assert.True(outcome.ExitCode == 0, outcome.Errors);
        Assert.Contains("totalKey", outcome.Output, StringComparison.Ordinal);
    }

    // Real etcd finds itself in the directory by its addresses.
    private Task<EtcdServer> StartAsync(ServerKind kind, params string[] flags) => EtcdServer.StartAsync(
        new EtcdServerOptions { Kind = kind, DataDirectory = DataDirectory, HasFixedIdentity = true, Flags = flags },
        TestContext.Current.CancellationToken);
}
