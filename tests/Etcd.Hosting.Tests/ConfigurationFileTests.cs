using System.Text;

using Etcd.Hosting.Settings;
using Etcd.Testing;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Tests;

// etcd documentation, "Configuration file": YAML, of which JSON is a part; given, it is all there is.
public sealed class ConfigurationFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    // The keys of the file that etcd ships as an example, with its values.
    [Fact]
    public void Read_KeysOfEtcdsSample_AreTakenUnchanged()
    {
        MemberSettings settings = Read(
            """
            name: 'default'
            data-dir:
            wal-dir:
            snapshot-count: 10000
            heartbeat-interval: 100
            election-timeout: 1000
            quota-backend-bytes: 0
            listen-peer-urls: http://localhost:2380
            listen-client-urls: http://localhost:2379
            max-snapshots: 5
            max-wals: 5
            cors:
            initial-advertise-peer-urls: http://localhost:2380
            advertise-client-urls: http://localhost:2379
            discovery:
            discovery-fallback: 'proxy'
            discovery-proxy:
            discovery-srv:
            initial-cluster:
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
            cipher-suites: [
              TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
              TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
            ]
            tls-min-version: 'TLS1.2'
            tls-max-version: 'TLS1.3'
            """);

        Assert.Equal("default.etcd", settings.DataDirectory);
        Assert.Equal(10_000UL, settings.SnapshotCount);
        Assert.False(settings.StrictReconfigCheck);
        Assert.Equal(LogLevel.Debug, settings.LogLevel);
        Assert.Equal(TimeSpan.FromHours(1), settings.AutoCompaction.Period);
        Assert.Equal(2, settings.CipherSuites.Count);
        Assert.True(settings.EnableProfiling);
        Assert.Empty(settings.Warnings);
    }

    [Fact]
    public void Read_SecuritySections_ReachClientsAndPeers()
    {
        MemberSettings settings = Read(
            """
            listen-client-urls: https://127.0.0.1:2379
            advertise-client-urls: https://127.0.0.1:2379
            client-transport-security: {cert-file: c.pem, key-file: c.key, client-cert-auth: true, trusted-ca-file: ca.pem}
            peer-transport-security:
              cert-file: p.pem
              key-file: p.key
              allowed-cn: [a, b]
              skip-client-san-verification: true
            """);

        Assert.Equal(("c.pem", true, "ca.pem"), (settings.ClientTls.CertificateFile, settings.ClientTls.ClientCertificatesDemanded, settings.ClientTls.TrustedAuthorityFile));
        Assert.Equal("p.key", settings.PeerTls.KeyFile);
        Assert.Equal(["a", "b"], settings.PeerTls.AllowedCommonNames);
        Assert.True(settings.PeerTls.SkipsClientNameCheck);
    }

    [Fact]
    public void Read_Durations_AreNanosecondsOrText()
    {
        MemberSettings settings = Read("grpc-keepalive-min-time: 7000000000\ngrpc-keepalive-timeout: 1m30s\nheartbeat-interval: 200\n");

        Assert.Equal(TimeSpan.FromSeconds(7), settings.ClientPingIntervalMin);
        Assert.Equal(TimeSpan.FromSeconds(90), settings.KeepAliveTimeout);
        Assert.Equal(TimeSpan.FromMilliseconds(200), settings.HeartbeatInterval);
    }

    [Fact]
    public void Read_Json_IsTaken() =>
        Assert.Equal("m1", Read("""{"name": "m1", "log-outputs": ["stdout"], "socket-options": {"reuse-port": true}}""").Name);

    [Fact]
    public void Read_FileGiven_AllElseIsIgnoredAndSaidSo()
    {
        string path = Write("name: from-file\n");
        var environment = new Dictionary<string, string> { ["ETCD_CONFIG_FILE"] = path, ["ETCD_NAME"] = "from-variable" };

        MemberSettings settings = SettingsReader.Read(["--data-dir", "from-flag"], environment, out IReadOnlyList<string> warnings);

        Assert.Equal(("from-file", "from-file.etcd"), (settings.Name, settings.DataDirectory));
        Assert.Contains("are ignored", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_UnknownKeys_GetOneWarningEach()
    {
        MemberSettings settings = Read("nmae: x\nclient-transport-security: {cert: y}\n");

        Assert.Collection(
            settings.Warnings,
            one => Assert.StartsWith("unknown key \"nmae\" in ", one, StringComparison.Ordinal),
            two => Assert.StartsWith("unknown key \"client-transport-security.cert\" in ", two, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("name: [a]\n", "1: name: must be one value, not a list or a map")]
    [InlineData("name: a\nheartbeat-interval: \"100\"\n", "2: heartbeat-interval: must be a number without quotes")]
    [InlineData("heartbeat-interval: x\n", "1: invalid value \"x\" for heartbeat-interval: parse error")]
    [InlineData("pre-vote: maybe\n", "1: pre-vote: must be true or false")]
    [InlineData("client-transport-security: x\n", "1: client-transport-security: must be a map")]
    [InlineData("- name\n", "1: the file must be a map of settings")]
    [InlineData("name: a\nname: b\n", "2: ")]
    [InlineData("a: b: c\n", "1: ")]
    [InlineData("name: a\n---\nname: b\n", "2: more than one document")]
    [InlineData("a: &a [x, x]\nb: [*a, *a]\n", "2: aliases are not taken")]
    [InlineData("proxy: 'on'\n", "1: --proxy=on is not available: there is no v2 proxy")]
    public void Read_UnfitFile_IsRefusedWithFileAndLine(string text, string expected)
    {
        string path = Write(text);

        SettingsException refusal = Assert.Throws<SettingsException>(() => ReadPath(path));

        Assert.StartsWith($"{path}:{expected}", refusal.Message, StringComparison.Ordinal);
        Assert.False(refusal.IsUsageError);
    }

    // What would take a recursive reader its stack, and one that expands aliases its memory.
    [Fact]
    public void Read_DeepOrHugeFile_IsRefused()
    {
        Assert.Contains("nested deeper", Refusal(new string('[', 100_000)), StringComparison.Ordinal);
        Assert.Contains("nested deeper", Refusal("a: " + string.Concat(Enumerable.Repeat("{a: ", 100_000))), StringComparison.Ordinal);
        Assert.Contains("at most", Refusal(new string('#', (1024 * 1024) + 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoSuchFile_IsRefusedInEtcdsWords() =>
        Assert.Equal("open /no/such: no such file or directory", Assert.Throws<SettingsException>(() => ReadPath("/no/such")).Message);

    public void Dispose() => _directory.Dispose();

    private string Refusal(string text) => Assert.Throws<SettingsException>(() => Read(text)).Message;

    private MemberSettings Read(string text) => ReadPath(Write(text));

    private static MemberSettings ReadPath(string path) => SettingsReader.Read(["--config-file", path], new Dictionary<string, string>(), out _);

    private string Write(string text)
    {
        string path = Path.Combine(_directory.Path, "etcd.yml");
        File.WriteAllText(path, text, Encoding.UTF8);
        return path;
    }
}
