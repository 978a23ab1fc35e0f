using Etcd.Client;
using Etcd.Testing;
using Etcd.Testing.Certificates;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Discovery;

/// <summary>Members that meet under a token at another cluster, by the protocol of etcd 3.6.</summary>
public sealed class V3DiscoveryTests : IDisposable
{
    private const int Limit = 90_000;
    private const string Token = "f1d0";
    private const string Root = $"/_etcd/registry/{Token}";

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory(Timeout = Limit)]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task ThreeMembers_MeetAtACluster_FormAnother(ServerKind kind)
    {
        await using EtcdServer service = await StartServiceAsync(kind);
        await using var keys = new EtcdClient(service.Endpoint);
        await keys.Kv.PutAsync($"{Root}/_config/size", "3", cancellationToken: Cancellation);
        await using var m1 = new DiscoveredMember("m1");
        await using var m2 = new DiscoveredMember("m2");
        await using var m3 = new DiscoveredMember("m3");
        await using var m4 = new DiscoveredMember("m4");
        DiscoveredMember[] members = [m1, m2, m3];

        // The first waits for the others in a watch.
        m1.Launch(Flags(service));
        await m1.WaitForLineAsync("waiting for peers from discovery service");
        m2.Launch(Flags(service));
        m3.Launch(Flags(service));
        await Task.WhenAll(members.Select(member => member.WaitUntilReadyAsync()));
        m4.Launch(Flags(service));
        int exitOfTheFourth = await m4.WaitForExitAsync();
        await using var client = new EtcdClient(m2.Endpoint);
        var listed = (await client.Cluster.MembersAsync(cancellationToken: Cancellation)).Members;
        var registered = (await keys.Kv.GetAsync(KeyRange.Prefix($"{Root}/members/"), cancellationToken: Cancellation)).Kvs;

        Assert.Equal(
            members.Select(member => $"{member.Name}={member.PeerUrl}").Order(),
            listed.Select(member => $"{member.Name}={member.PeerURLs[0]}").Order());
        Assert.Equal(
            listed.Select(member => $"{Root}/members/{member.ID:x} {member.Name}={member.PeerURLs[0]}").Order(),
            registered.Select(entry => $"{entry.Key.ToStringUtf8()} {entry.Value.ToStringUtf8()}").Order());
        Assert.Equal(1, exitOfTheFourth);
        Assert.Contains("failed to join discovery cluster (discovery: cluster is full)", m4.Log.Text, StringComparison.Ordinal);

        // Once it has data it asks nobody.
        await service.TerminateAsync();
        await m2.TerminateAsync();
        m2.Launch(Flags(service));
        await m2.WaitUntilReadyAsync();
        Assert.Contains("discovery ignored since a cluster has already been initialized", m2.Log.Text, StringComparison.Ordinal);
    }

    // As in etcd 3.6: what a member has written is its place, and it may come back to it.
    [Fact(Timeout = Limit)]
    public async Task Member_StoppedWhileItWaits_ComesBackToItsPlace()
    {
        await using EtcdServer service = await StartServiceAsync(ServerKind.Ours);
        await using var keys = new EtcdClient(service.Endpoint);
        await keys.Kv.PutAsync($"{Root}/_config/size", "2", cancellationToken: Cancellation);
        await using var m1 = new DiscoveredMember("m1");
        await using var m2 = new DiscoveredMember("m2");

        m1.Launch(Flags(service));
        await m1.WaitForLineAsync("waiting for peers from discovery service");
        int exitCode = await m1.TerminateAsync();
        m1.Launch(Flags(service));
        m2.Launch(Flags(service));
        await Task.WhenAll(m1.WaitUntilReadyAsync(), m2.WaitUntilReadyAsync());

        Assert.Equal(0, exitCode);
    }

    [Theory(Timeout = Limit)]
    [InlineData(null, null, "discovery: size key not found")]
    [InlineData("three", null, "discovery: size key is bad")]
    [InlineData("2", "m2=ftp://b:1", "discovery: invalid peer URL")]
    [InlineData("2", "m1=http://b:1", "discovery: found duplicate name")]
    public async Task Member_ServiceThatTellsNonsense_EndsWithTheReason(string? size, string? other, string expected)
    {
        await using EtcdServer service = await StartServiceAsync(ServerKind.Ours);
        await using var keys = new EtcdClient(service.Endpoint);
        await using var member = new DiscoveredMember("m1");
        if (size is not null)
        {
            await keys.Kv.PutAsync($"{Root}/_config/size", size, cancellationToken: Cancellation);
        }

        if (other is not null)
        {
            await keys.Kv.PutAsync($"{Root}/members/1", other, cancellationToken: Cancellation);
        }

        member.Launch(Flags(service));

        Assert.Equal(1, await member.WaitForExitAsync());
        Assert.Contains($"failed to join discovery cluster ({expected})", member.Log.Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Member_EntryThatIsNoMember_IsPassedOver()
    {
        await using EtcdServer service = await StartServiceAsync(ServerKind.Ours);
        await using var keys = new EtcdClient(service.Endpoint);
        await keys.Kv.PutAsync($"{Root}/_config/size", "1", cancellationToken: Cancellation);
        await keys.Kv.PutAsync($"{Root}/members/1", "nonsense", cancellationToken: Cancellation);
        await using var member = new DiscoveredMember("m1");

        member.Launch(Flags(service));
        await member.WaitUntilReadyAsync();

        Assert.Contains("invalid peer info returned from discovery service", member.Log.Text, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit)]
    [InlineData(HostileService.Manner.Stalls)]
    [InlineData(HostileService.Manner.HangsUp)]
    [InlineData(HostileService.Manner.SpeaksNonsense)]
    public async Task Member_ServiceThatDoesNotAnswer_AsksAgainUntilItIsStopped(HostileService.Manner manner)
    {
        using var service = new HostileService(manner);
        await using var member = new DiscoveredMember("m1");

        member.Launch(
            "--discovery-token", Token, "--discovery-endpoints", $"http://127.0.0.1:{service.Port}", "--discovery-dial-timeout", "300ms",
            "--discovery-request-timeout", "300ms");
        await member.WaitForLineAsync("\"backoff\":\"4s\"");

        Assert.Equal(0, await member.TerminateAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task Member_ServiceWithTlsAndUsers_ShowsCertificateAndSignsIn()
    {
        using var authority = new TestAuthority(_directory.File("pki"));
        TestCertificate server = authority.Sign("server", TestSubject.Member);
        TestCertificate certificate = authority.Sign("client", TestSubject.Member with { CommonName = "nobody" });
        await using EtcdServer service = await StartServiceAsync(ServerKind.Ours, port =>
        [
            "--listen-client-urls", $"https://127.0.0.1:{port}", "--advertise-client-urls", $"https://127.0.0.1:{port}",
            "--cert-file", server.Certificate, "--key-file", server.Key, "--trusted-ca-file", authority.File, "--client-cert-auth",
        ]);
        string[] tls = ["--endpoints", $"https://{service.Endpoint}", "--cert", certificate.Certificate, "--key", certificate.Key, "--cacert", authority.File];
        foreach (string command in new[] { $"put {Root}/_config/size 1", "user add root:s3cret", "user grant-role root root", "auth enable" })
        {
            (await new Command(OurPrograms.Ctl, [.. tls, .. command.Split(' ')]).RunAsync(Cancellation)).MustSucceed();
        }

        string[] flags =
        [
            "--discovery-token", Token, "--discovery-endpoints", $"https://{service.Endpoint}", "--discovery-cert", certificate.Certificate,
            "--discovery-key", certificate.Key, "--discovery-user", "root",
        ];
        await using var wrong = new DiscoveredMember("m1");
        await using var strange = new DiscoveredMember("m1");
        await using var right = new DiscoveredMember("m1");
        using var http = new HttpClient();
        wrong.Launch([.. flags, "--discovery-cacert", authority.File, "--discovery-password", "gu3ss"]);
        strange.Launch([.. flags, "--discovery-password", "s3cret"]);
        right.Launch([.. flags, "--discovery-cacert", authority.File, "--discovery-password=s3cret", "--enable-pprof"]);
        await right.WaitUntilReadyAsync();
        string shown = await http.GetStringAsync(new Uri($"http://127.0.0.1:{right.ClientPort}/debug/vars"), Cancellation)
            + await http.GetStringAsync(new Uri($"http://127.0.0.1:{right.ClientPort}/debug/pprof/cmdline"), Cancellation);
        await strange.WaitForLineAsync("retry connecting to discovery service");

        Assert.Equal(1, await wrong.WaitForExitAsync());
        Assert.Contains(
            "failed to join discovery cluster (etcdserver: authentication failed, invalid user ID or password)", wrong.Log.Text, StringComparison.Ordinal);
        Assert.Contains("certificate signed by unknown authority", strange.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("gu3ss", wrong.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", right.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", shown, StringComparison.Ordinal);
        Assert.Contains("--discovery-password=***", shown, StringComparison.Ordinal);
    }

    private static string[] Flags(EtcdServer service) => ["--discovery-token", Token, "--discovery-endpoints", $"http://{service.Endpoint}"];

    private Task<EtcdServer> StartServiceAsync(ServerKind kind, Func<int, string[]>? flags = null)
    {
        int port = LoopbackPorts.Take();
        return EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = kind, DataDirectory = _directory.File("service"), ClientPort = port, Flags = flags?.Invoke(port) ?? [] },
            Cancellation);
    }
}
