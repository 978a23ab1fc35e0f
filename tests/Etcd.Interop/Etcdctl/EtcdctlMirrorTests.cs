using Etcd.Client;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>make-mirror: what arrives at the destination, and what happens when either side fails.</summary>
public sealed class EtcdctlMirrorTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();
    private EtcdServer _source = null!;
    private EtcdServer _destination = null!;
    private EtcdClient _from = null!;
    private EtcdClient _to = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = _directory.File("source") }, Cancellation);
        _destination = await EtcdServer.StartAsync(new EtcdServerOptions { DataDirectory = _directory.File("destination") }, Cancellation);
        _from = new EtcdClient(_source.Endpoint);
        _to = new EtcdClient(_destination.Endpoint);
    }

    public async ValueTask DisposeAsync()
    {
        await _from.DisposeAsync();
        await _to.DisposeAsync();
        await _source.DisposeAsync();
        await _destination.DisposeAsync();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("a/k a/old", "--prefix", "a/")]
    [InlineData("b/k b/old", "--prefix", "a/", "--dest-prefix", "b/")]
    [InlineData("k old", "--prefix", "a/", "--no-dest-prefix")]
    [InlineData("a/k a/old other", "--max-txn-ops", "1")]
    public async Task Mirror_KeysAndChanges_ArriveUnderTheirPrefix(string expected, params string[] flags)
    {
        await _from.Kv.PutAsync("other", "1", cancellationToken: Cancellation);
        await _from.Kv.PutAsync("a/old", "1", cancellationToken: Cancellation);
        await _from.Kv.PutAsync("a/gone", "1", cancellationToken: Cancellation);
        await using RunningCommand mirror = Start(flags);
        await WaitForAsync(keys => keys.Any(key => key.EndsWith("gone", StringComparison.Ordinal)));

        await _from.Kv.Transaction().Then(Operations.Put("a/k", "v"), Operations.Delete("a/gone")).CommitAsync(Cancellation);

        await WaitForAsync(keys => string.Join(' ', keys) == expected);
    }

    [Fact]
    public async Task Mirror_ManyKeysThenEitherServerRestarts_LosesNothing()
    {
        for (int batch = 0; batch < 30; batch++)
        {
            await _from.Kv.TransactionAsync(
                new TxnRequest { Success = { Enumerable.Range(0, 100).Select(number => Operations.Put($"k{batch:D2}{number:D2}", "v")) } }, Cancellation);
        }

        await using RunningCommand mirror = Start([]);
        await WaitForAsync(keys => keys.Count == 3000);
        _destination = await RestartAsync(_destination);
        for (int number = 0; number < 50; number++)
        {
            await _from.Kv.PutAsync($"x{number:D2}", "v", cancellationToken: Cancellation);
        }

        _source = await RestartAsync(_source);
        await _from.Kv.PutAsync("y", "v", cancellationToken: Cancellation);

        await WaitForAsync(keys => keys.Count == 3051);
    }

    [Fact]
    public async Task Mirror_SourceIsCompactedUnderIt_SaysSoAndEnds()
    {
        await _from.Kv.PutAsync("k", "1", cancellationToken: Cancellation);
        await _from.Kv.PutAsync("k", "2", cancellationToken: Cancellation);
        PutResponse last = await _from.Kv.PutAsync("k", "3", cancellationToken: Cancellation);
        await _from.Kv.CompactAsync(last.Header.Revision, cancellationToken: Cancellation);

        // As a mirror that was away for a while: it asks for changes that are gone.
        await using RunningCommand mirror = Start(["--rev", "2"]);
        int exitCode = await mirror.WaitForExitAsync(Limit, Cancellation);

        Assert.Equal(1, exitCode);
        Assert.Equal(
            "Error: etcdserver: mvcc: required revision has been compacted\n"
            + "The source was compacted at revision 4 under the mirror, which holds its changes up to revision 1. "
            + "What was deleted in between would stay at the destination: empty it and start the mirror anew.",
            mirror.Errors.Text);
        Assert.Empty(await KeysAsync(Cancellation));
    }

    [Fact]
    public async Task Mirror_SourceIsCutOffAndCompactedMeanwhile_SaysSoAndEnds()
    {
        await _from.Kv.PutAsync("k", "1", cancellationToken: Cancellation);
        await using RunningCommand mirror = Start([]);
        await WaitForAsync(keys => keys.Contains("k"));
        EtcdServerOptions reached = _source.Options;

        // Where the mirror does not find it, the source goes on and forgets; then it is back.
        _source = await RestartAsync(_source, reached with { ClientPort = LoopbackPorts.Take() });
        long last = 0;
        await using (var elsewhere = new EtcdClient(_source.Endpoint))
        {
            for (int number = 0; number < 3; number++)
            {
                last = (await elsewhere.Kv.PutAsync("k", "2", cancellationToken: Cancellation)).Header.Revision;
            }

            await elsewhere.Kv.CompactAsync(last, cancellationToken: Cancellation);
        }

        Assert.False(mirror.HasExited);
        _source = await RestartAsync(_source, reached);
        int exitCode = await mirror.WaitForExitAsync(Limit, Cancellation);

        Assert.Equal(1, exitCode);
        Assert.Equal(
            "Error: etcdserver: mvcc: required revision has been compacted\n"
            + $"The source was compacted at revision {last} under the mirror, which holds its changes up to revision {last - 3}. "
            + "What was deleted in between would stay at the destination: empty it and start the mirror anew.",
            mirror.Errors.Text);
        Assert.Equal("1", (await _to.Kv.GetAsync("k", cancellationToken: Cancellation)).Kvs.Single().Value.ToStringUtf8());
    }

    [Fact]
    public async Task Mirror_FromARevision_CopiesChangesOnly()
    {
        await _from.Kv.PutAsync("before", "1", cancellationToken: Cancellation);
        PutResponse put = await _from.Kv.PutAsync("at", "1", cancellationToken: Cancellation);
        await using RunningCommand mirror = Start(["--rev", $"{put.Header.Revision}"]);
        await _from.Kv.PutAsync("after", "1", cancellationToken: Cancellation);

        await WaitForAsync(keys => keys.Contains("after"));

        Assert.Equal(["after", "at"], await KeysAsync(Cancellation));
    }

    private RunningCommand Start(string[] flags) => RunningCommand.Start(
        new Command(OurPrograms.Ctl, ["--endpoints", _source.Endpoint, "make-mirror", .. flags, _destination.Endpoint]));

    private static Task<EtcdServer> RestartAsync(EtcdServer server) => RestartAsync(server, server.Options);

    private static async Task<EtcdServer> RestartAsync(EtcdServer server, EtcdServerOptions options)
    {
        await server.KillAsync();
        await server.DisposeAsync();
        return await EtcdServer.StartAsync(options, Cancellation);
    }

    private async Task WaitForAsync(Predicate<IReadOnlyList<string>> fits)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Limit);
        IReadOnlyList<string> keys = [];
        try
        {
            while (!fits(keys = await KeysAsync(limit.Token)))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
            }
        }
        catch (OperationCanceledException) when (!Cancellation.IsCancellationRequested)
        {
            Assert.Fail($"after {Limit} there are {keys.Count} keys: {string.Join(' ', keys.Take(20))}");
        }
    }

    private async Task<IReadOnlyList<string>> KeysAsync(CancellationToken cancellationToken)
    {
        RangeResponse reply = await _to.Kv.GetAsync(KeyRange.All, new GetOptions { KeysOnly = true }, cancellationToken);
        return [.. reply.Kvs.Select(pair => pair.Key.ToStringUtf8())];
    }
}
