using System.Globalization;

using Etcd.Client;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Discovery;

/// <summary>Members that meet at a URL, by the protocol of etcd 3.4 and 3.5, ours and real ones beside each other.</summary>
public sealed class V2DiscoveryTests : IDisposable
{
    private const int Limit = 90_000;

    private readonly TemporaryDirectory _directory = new();
    private readonly HttpClient _http = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _http.Dispose();
        _directory.Dispose();
    }

    [Theory(Timeout = Limit)]
    [InlineData(ServerKind.Ours, ServerKind.Ours, ServerKind.Ours, ServerKind.Ours)]
    [InlineData(ServerKind.Real34, ServerKind.Ours, ServerKind.Real35, ServerKind.Ours)]
    [InlineData(ServerKind.Ours, ServerKind.Real35, ServerKind.Ours, ServerKind.Real34)]
    public async Task ThreeMembers_MeetAtAUrl_FormAClusterThatIsFull(ServerKind serviceKind, params ServerKind[] kinds)
    {
        Assert.SkipUnless(RealEtcd.IsPresent || kinds.Append(serviceKind).All(kind => kind == ServerKind.Ours), RealEtcd.AbsentReason);
        await using EtcdServer service = await StartServiceAsync(serviceKind);
        string url = await CreateTokenAsync(service, "3");
        await using var members = new Members(kinds);
        await using var late = new DiscoveredMember("late");

        // Real members are asked to end rather than to become a proxy.
        members.All[0].Launch("--discovery", url, "--discovery-fallback", "exit");
        await members.All[0].WaitForLineAsync("found ");
        members.All[1].Launch("--discovery", url, "--discovery-fallback", "exit");
        members.All[2].Launch("--discovery", url, "--discovery-fallback", "exit");
        await Task.WhenAll(members.All.Select(member => member.WaitUntilReadyAsync()));
        late.Launch("--discovery", url);

        Assert.Equal(1, await late.WaitForExitAsync());
        Assert.Contains("failed to join discovery cluster (discovery: cluster is full)", late.Log.Text, StringComparison.Ordinal);
        foreach (DiscoveredMember member in members.All)
        {
            await using var client = new EtcdClient(member.Endpoint);
            var listed = (await client.Cluster.MembersAsync(cancellationToken: Cancellation)).Members;
            Assert.Equal(
                members.All.Select(expected => $"{expected.Name}={expected.PeerUrl}").Order(),
                listed.Select(found => $"{found.Name}={found.PeerURLs[0]}").Order());
        }
    }

    // The service that etcd's guides name: a token is asked for by curl .../new?size=2.
    [Theory(Timeout = Limit)]
    [InlineData(ServerKind.Ours)]
    [InlineData(ServerKind.Real35)]
    public async Task Members_AtTheProgramOfThePublicService_FormACluster(ServerKind second)
    {
        Assert.SkipUnless(PublicDiscovery.IsPresent, PublicDiscovery.AbsentReason);
        Assert.SkipUnless(second == ServerKind.Ours || RealEtcd.IsPresent, RealEtcd.AbsentReason);
        await using EtcdServer backend = await StartServiceAsync(ServerKind.Ours);
        await using PublicDiscovery service = await PublicDiscovery.StartAsync($"http://{backend.Endpoint}");
        string url = await _http.GetStringAsync(new Uri($"{service.Url}/new?size=2"), Cancellation);
        await using var members = new Members(ServerKind.Ours, second);

        foreach (DiscoveredMember member in members.All)
        {
            member.Launch("--discovery", url);
        }

        await Task.WhenAll(members.All.Select(member => member.WaitUntilReadyAsync()));
        await using var client = new EtcdClient(members.All[1].Endpoint);
        Assert.Equal(2, (await client.Cluster.MembersAsync(cancellationToken: Cancellation)).Members.Count);
    }

    [Theory(Timeout = Limit)]
    [InlineData(null, null, "discovery: size key not found", "100: Key not found")]
    [InlineData("three", null, "discovery: size key is bad", "discovery: size key is bad")]
    [InlineData("1", "m2=http://b:1", "discovery: cluster is full", "discovery: cluster is full")]
    public async Task Member_TokenThatDoesNotFit_EndsAsRealEtcdDoes(string? size, string? other, string ours, string theirs)
    {
        await using EtcdServer service = await StartServiceAsync(ServerKind.Ours);
        string url = await CreateTokenAsync(service, size);
        if (other is not null)
        {
            await WriteAsync($"{url}/1", other);
        }

        foreach ((ServerKind kind, string expected) in new[] { (ServerKind.Ours, ours), (ServerKind.Real35, theirs) }
            .Where(row => row.Item1 == ServerKind.Ours || RealEtcd.IsPresent))
        {
            await using var member = new DiscoveredMember("m1", kind);
            member.Launch("--discovery", url, "--discovery-fallback", "exit");
            Assert.Equal(1, await member.WaitForExitAsync());
            Assert.Contains($"failed to join discovery cluster ({expected}", member.Log.Text, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task Member_ThatHasLostItsData_IsADuplicate()
    {
        await using EtcdServer service = await StartServiceAsync(ServerKind.Ours);
        string url = await CreateTokenAsync(service, "2");
        await using var member = new DiscoveredMember("m1");

        member.Launch("--discovery", url);
        await member.WaitForLineAsync("waiting for peers from discovery service");
        int exitCode = await member.TerminateAsync();
        member.Launch("--discovery", url);

        Assert.Equal(0, exitCode);
        Assert.Equal(1, await member.WaitForExitAsync());
        Assert.Contains("discovery: found duplicate id", member.Log.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Member_ServiceBehindAProxy_ReachesItByTheProxyAlone()
    {
        await using EtcdServer service = await StartServiceAsync(ServerKind.Ours);
        string url = await CreateTokenAsync(service, "1");
        using var proxy = new ForwardProxy(service.ClientPort);
        await using var member = new DiscoveredMember("m1");

        member.Launch("--discovery", url.Replace(service.Endpoint, "nowhere.invalid", StringComparison.Ordinal), "--discovery-proxy", proxy.Url);

        await member.WaitUntilReadyAsync();
    }

    [Theory(Timeout = Limit)]
    [InlineData(HostileService.Manner.Stalls, "no answer within 5s")]
    [InlineData(HostileService.Manner.HangsUp, "")]
    [InlineData(HostileService.Manner.SpeaksNonsense, "")]
    [InlineData(HostileService.Manner.Fails, "500 Internal Server Error")]
    [InlineData(HostileService.Manner.NeverEnds, "")]
    public async Task Member_ServiceThatDoesNotAnswer_AsksAgainUntilItIsStopped(HostileService.Manner manner, string reason)
    {
        using var service = new HostileService(manner);
        await using var member = new DiscoveredMember("m1");

        member.Launch("--discovery", $"http://127.0.0.1:{service.Port}/token");
        await member.WaitForLineAsync("retry connecting to discovery service");
        string line = member.Log.Text.Split('\n').First(line => line.Contains("retry connecting to discovery service", StringComparison.Ordinal));

        Assert.Contains("\"backoff\":\"2s\"", line, StringComparison.Ordinal);
        Assert.Contains(reason, line, StringComparison.Ordinal);
        Assert.Equal(0, await member.TerminateAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task Member_UrlOfAWebSite_EndsWithTheReason()
    {
        using var service = new HostileService(HostileService.Manner.ShowsAPage);
        await using var member = new DiscoveredMember("m1");

        member.Launch("--discovery", $"http://127.0.0.1:{service.Port}/token");

        Assert.Equal(1, await member.WaitForExitAsync());
        Assert.Contains("failed to join discovery cluster (discovery: bad discovery endpoint)", member.Log.Text, StringComparison.Ordinal);
    }

    private Task<EtcdServer> StartServiceAsync(ServerKind kind) => EtcdServer.StartAsync(
        new EtcdServerOptions { Kind = kind, DataDirectory = _directory.File("service"), Flags = kind == ServerKind.Ours ? [] : ["--enable-v2"] },
        Cancellation);

    private async Task<string> CreateTokenAsync(EtcdServer service, string? size)
    {
        string url = $"http://{service.Endpoint}/v2/keys/discovery/9f2c";
        if (size is not null)
        {
            await WriteAsync($"{url}/_config/size", size);
        }

        return url;
    }

    private async Task WriteAsync(string url, string value)
    {
        using var content = new FormUrlEncodedContent([new("value", value)]);
        using HttpResponseMessage reply = await _http.PutAsync(new Uri(url), content, Cancellation);
        reply.EnsureSuccessStatusCode();
    }

    private sealed class Members(params ServerKind[] kinds) : IAsyncDisposable
    {
        internal DiscoveredMember[] All { get; } =
            [.. kinds.Select((kind, index) => new DiscoveredMember(string.Create(CultureInfo.InvariantCulture, $"m{index + 1}"), kind))];

        public async ValueTask DisposeAsync()
        {
            foreach (DiscoveredMember member in All)
            {
                await member.DisposeAsync();
            }
        }
    }
}
