using System.Globalization;

using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Configuration;

/// <summary>The whole program from a configuration file alone.</summary>
public sealed class SampleConfigurationTests : IDisposable
{
    // Every key of the file that etcd ships as a sample, with its value; but for the directories, the ports and the member, which are the test's.
    private const string Yaml = """
        name: 'default'
        data-dir: {0}
        wal-dir: {1}
        snapshot-count: 10000
        heartbeat-interval: 100
        election-timeout: 1000
        quota-backend-bytes: 0
        listen-peer-urls: http://localhost:{3}
        listen-client-urls: http://localhost:{2}
        max-snapshots: 5
        max-wals: 5
        cors:
        initial-advertise-peer-urls: http://localhost:{3}
        advertise-client-urls: http://localhost:{2}
        discovery:
        discovery-fallback: 'proxy'
        discovery-proxy:
        discovery-srv:
        initial-cluster: default=http://localhost:{3}
        initial-cluster-token: 'etcd-cluster'
        initial-cluster-state: 'new'
        strict-reconfig-check: false
        enable-v2: true
        enable-pprof: true
        proxy: 'off'
        proxy-failure-wait: 5000
        proxy-refresh-interval: 30000
        proxy-dial-timeout: 1000
        proxy-write-timeout: 5000
        proxy-read-timeout: 0
        client-transport-security:
          cert-file:
          key-file:
          client-cert-auth: false
          trusted-ca-file:
          auto-tls: false
        peer-transport-security:
          cert-file:
          key-file:
          client-cert-auth: false
          trusted-ca-file:
          auto-tls: false
          allowed-cn:
          allowed-hostname:
        self-signed-cert-validity: 1
        log-level: debug
        logger: zap
        log-outputs: [stderr]
        force-new-cluster: false
        auto-compaction-mode: periodic
        auto-compaction-retention: "1"
        cipher-suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]
        tls-min-version: 'TLS1.2'
        tls-max-version: 'TLS1.3'

        """;

    private const string Json = """
        {{"name": "default", "data-dir": "{0}", "wal-dir": "{1}", "snapshot-count": 10000, "heartbeat-interval": 100, "election-timeout": 1000,
        "listen-peer-urls": "http://localhost:{3}", "listen-client-urls": "http://localhost:{2}", "cors": "", "discovery": "", "enable-v2": true,
        "initial-advertise-peer-urls": "http://localhost:{3}", "advertise-client-urls": "http://localhost:{2}", "initial-cluster": "default=http://localhost:{3}",
        "enable-pprof": true, "proxy": "off", "proxy-read-timeout": 0,
        "client-transport-security": {{"cert-file": "", "client-cert-auth": false}}, "peer-transport-security": {{"auto-tls": false}},
        "log-level": "debug", "logger": "zap", "log-outputs": ["stderr"], "auto-compaction-mode": "periodic", "auto-compaction-retention": "1"}}
        """;

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory(Timeout = 60_000)]
    [InlineData(ServerKind.Ours, nameof(Yaml))]
    [InlineData(ServerKind.Ours, nameof(Json))]
    [InlineData(ServerKind.Real35, nameof(Yaml))]
    [InlineData(ServerKind.Real35, nameof(Json))]
    public async Task Start_SampleOfEtcd_ServesWithItsSettings(ServerKind kind, string form)
    {
        string sample = form == nameof(Yaml) ? Yaml : Json;
        Assert.SkipUnless(kind == ServerKind.Ours || RealEtcd.IsPresent, RealEtcd.AbsentReason);
        int clientPort = LoopbackPorts.Take();
        int peerPort = LoopbackPorts.Take();
        string file = Write(string.Format(
            CultureInfo.InvariantCulture, sample, _directory.File("data"), _directory.File("log"), clientPort, peerPort));
        using var http = new HttpClient { BaseAddress = new Uri($"http://localhost:{clientPort}") };

        await using RunningCommand running = RunningCommand.Start(new Command(EtcdServerOptions.ProgramOf(kind), ["--config-file", file]));
        await running.Errors.WaitForAsync(
            line => line.Contains("ready to serve client requests", StringComparison.Ordinal), TimeSpan.FromSeconds(40), Cancellation);
        using var value = new FormUrlEncodedContent([new("value", "1")]);
        using HttpResponseMessage v2 = await http.PutAsync(new Uri("/v2/keys/a", UriKind.Relative), value, Cancellation);
        using HttpResponseMessage profile = await http.GetAsync(new Uri("/debug/pprof/cmdline", UriKind.Relative), Cancellation);

        Assert.Equal((201, 200), ((int)v2.StatusCode, (int)profile.StatusCode));
        Assert.NotEmpty(Directory.GetFiles(_directory.File("log"), "*.wal"));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("name: a\nname: b\n", "Duplicate key")]
    [InlineData("heartbeat-interval: many\n", ":1: invalid value \"many\" for heartbeat-interval: parse error")]
    [InlineData("heartbeat-interval: '100'\n", ":1: heartbeat-interval: must be a number without quotes")]
    [InlineData("name: [a, b]\n", ":1: name: must be one value, not a list or a map")]
    [InlineData("client-transport-security: yes\n", ":1: client-transport-security: must be a map")]
    [InlineData("force-new-cluster: 1\n", ":1: force-new-cluster: must be true or false")]
    [InlineData("- name\n", ":1: the file must be a map of settings")]
    [InlineData("a: &a [x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n", "aliases are not taken")]
    [InlineData("name: a\n---\nname: b\n", "more than one document")]
    [InlineData("{\"name\": \"a\", \"name\": \"b\"}", "Duplicate key")]
    public async Task Start_FileThatIsWrong_IsRefusedWithItsLine(string text, string expected)
    {
        string file = Write(text);

        CommandOutcome outcome = await new Command(OurPrograms.Server, ["--config-file", file]).RunAsync(Cancellation);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(file, outcome.Errors, StringComparison.Ordinal);
        Assert.Contains(expected.Replace("\"", "\\\"", StringComparison.Ordinal), outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
    }

    // As a bomb of another kind: each level is one byte.
    [Fact(Timeout = 60_000)]
    public async Task Start_FileNestedWithoutEnd_IsRefused()
    {
        string file = Write("name: " + new string('[', 500_000));

        CommandOutcome outcome = await new Command(OurPrograms.Server, ["--config-file", file]).RunAsync(Cancellation);

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("nested deeper than", outcome.Errors, StringComparison.Ordinal);
    }

    private string Write(string text)
    {
        string file = _directory.File("etcd.conf");
        File.WriteAllText(file, text);
        return file;
    }
}
