using Etcd.Testing.Networks;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Discovery;

/// <summary>Members and clients that find each other in the records of a real DNS server.</summary>
public sealed class SrvDiscoveryTests
{
    private const int Limit = 60_000;

    private static readonly Dictionary<string, string> NoEnvironment = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task ThreeMembers_NamedBySrvRecords_FormAClusterThatEtcdctlFinds()
    {
        Assert.SkipUnless(DnsServer.IsPresent, DnsServer.AbsentReason);
        await using var m1 = new DiscoveredMember("m1");
        await using var m2 = new DiscoveredMember("m2");
        await using var m3 = new DiscoveredMember("m3");
        DiscoveredMember[] members = [m1, m2, m3];
        await using DnsServer dns = await DnsServer.StartAsync(
        [
            .. members.Select(member => $"--srv-host=_etcd-server-prod._tcp.cluster.test,localhost,{member.PeerPort},0,10"),
            .. members.Select(member => $"--srv-host=_etcd-client-prod._tcp.cluster.test,localhost,{member.ClientPort},0,10"),
            $"--srv-host=_etcd-client._tcp.cluster.test,localhost,{m1.ClientPort},0,10",
        ]);

        foreach (DiscoveredMember member in members)
        {
            member.Launch(dns.ForPrograms, "--discovery-srv", "cluster.test", "--discovery-srv-name", "prod");
        }

        await Task.WhenAll(members.Select(member => member.WaitUntilReadyAsync()));
        CommandOutcome listed = (await CtlAsync(dns, "--insecure-discovery", "member", "list")).MustSucceed();
        CommandOutcome ignored = await CtlAsync(dns, "--insecure-discovery=false", "--endpoints", m1.Endpoint, "member", "list");

        CommandOutcome v2 = await V2CtlAsync(dns, "--discovery-srv", "cluster.test", "--insecure-discovery", "ls");
        CommandOutcome v2Ignored = await V2CtlAsync(dns, "-D", "cluster.test", "--endpoints", m1.Endpoint, "set", "/a", "b");
        CommandOutcome v2Absent = await V2CtlAsync(dns, "-D", "absent.test", "ls");

        Assert.Equal((0, ""), (v2.ExitCode, v2.Errors));
        Assert.Equal((0, "b\n", $"ignoring discovered insecure endpoint \"http://localhost:{m1.ClientPort}\"\n"), (v2Ignored.ExitCode, v2Ignored.Output, v2Ignored.Errors));
        Assert.Equal(
            (1, $"dns lookup errors: lookup _etcd-client-ssl._tcp.absent.test on 127.0.0.1:{dns.Port}: no such host and "
                + $"lookup _etcd-client._tcp.absent.test on 127.0.0.1:{dns.Port}: no such host\n"),
            (v2Absent.ExitCode, v2Absent.Errors));
        Assert.All(members, member => Assert.Contains($"started, {member.Name}, http://localhost:{member.PeerPort}", listed.Output, StringComparison.Ordinal));
        Assert.Equal(listed.Output, ignored.MustSucceed().Output);
        Assert.Contains($"ignoring discovered insecure endpoint \"http://localhost:{m1.ClientPort}\"", ignored.Errors, StringComparison.Ordinal);

        // Once it has data it asks no name server: without the variable it would not find this one.
        await m2.TerminateAsync();
        m2.Launch(NoEnvironment, "--discovery-srv", "cluster.test");
        await m2.WaitUntilReadyAsync();
        Assert.Contains("discovery ignored since a cluster has already been initialized", m2.Log.Text, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit)]
    [InlineData("absent.test", "on {0}: no such host")]
    [InlineData("others.test", "cannot find local etcd member \\\"m1\\\" in SRV records")]
    [InlineData("tls.test", "has scheme mismatch with expected peer http://localhost:{1}")]
    public async Task Member_RecordsThatDoNotFit_EndsWithEtcdsWords(string domain, string expected)
    {
        Assert.SkipUnless(DnsServer.IsPresent, DnsServer.AbsentReason);
        await using var member = new DiscoveredMember("m1");
        await using DnsServer dns = await DnsServer.StartAsync(
            "--srv-host=_etcd-server._tcp.others.test,localhost,1",
            $"--srv-host=_etcd-server-ssl._tcp.tls.test,localhost,{member.PeerPort}");

        member.Launch(dns.ForPrograms, "--discovery-srv", domain);

        Assert.Equal(1, await member.WaitForExitAsync());
        Assert.Contains(
            string.Format(System.Globalization.CultureInfo.InvariantCulture, expected, $"127.0.0.1:{dns.Port}", member.PeerPort),
            member.Log.Text, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit)]
    [InlineData("gateway")]
    [InlineData("grpc-proxy")]
    public async Task Proxy_EndpointsFromSrvRecords_ReachTheMember(string proxy)
    {
        Assert.SkipUnless(DnsServer.IsPresent, DnsServer.AbsentReason);
        await using var member = new DiscoveredMember("m1");
        await using DnsServer dns = await DnsServer.StartAsync($"--srv-host=_etcd-client._tcp.cluster.test,localhost,{member.ClientPort}");
        int port = LoopbackPorts.Take();
        string[] flags = [proxy, "start", "--listen-addr", $"127.0.0.1:{port}", "--discovery-srv"];
        member.Launch(NoEnvironment);
        await member.WaitUntilReadyAsync();

        await using RunningCommand running = RunningCommand.Start(
            new Command(OurPrograms.Server, [.. flags, "cluster.test", "--insecure-discovery"]) { Environment = dns.ForPrograms });
        CommandOutcome lost = await new Command(OurPrograms.Server, [.. flags, "absent.test"]) { Environment = dns.ForPrograms }.RunAsync(Cancellation);
        await running.Errors.WaitForAsync(line => line.Contains("discovered cluster from SRV", StringComparison.Ordinal), TimeSpan.FromSeconds(20), Cancellation);
        CommandOutcome put = await new Command(OurPrograms.Ctl, ["--endpoints", $"127.0.0.1:{port}", "put", "a", "b"]).RunAsync(Cancellation);

        Assert.Equal("OK\n", put.MustSucceed().Output);
        Assert.Equal(1, lost.ExitCode);
        Assert.Contains(
            $"dns lookup errors: lookup _etcd-client-ssl._tcp.absent.test on 127.0.0.1:{dns.Port}: no such host and "
            + $"lookup _etcd-client._tcp.absent.test on 127.0.0.1:{dns.Port}: no such host", lost.Errors, StringComparison.Ordinal);
    }

    private static Task<CommandOutcome> CtlAsync(DnsServer dns, params string[] arguments) =>
        new Command(OurPrograms.Ctl, ["--discovery-srv", "cluster.test", "--discovery-srv-name", "prod", .. arguments])
        {
            Environment = dns.ForPrograms,
        }.RunAsync();

    private static Task<CommandOutcome> V2CtlAsync(DnsServer dns, params string[] arguments) => new Command(OurPrograms.Ctl, arguments)
    {
        Environment = new Dictionary<string, string>(dns.ForPrograms) { ["ETCDCTL_API"] = "2" },
    }.RunAsync();
}
