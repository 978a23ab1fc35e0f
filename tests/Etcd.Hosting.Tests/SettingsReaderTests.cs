using Etcd.Hosting.Settings;
using Etcd.Server;
using Etcd.Server.Compaction;

namespace Etcd.Hosting.Tests;

// etcd's flag rules: Go flag syntax, ETCD_ variables, and the wording operators search for.
public sealed class SettingsReaderTests
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    [Theory]
    [InlineData("--name", "m1")]
    [InlineData("-name", "m1")]
    [InlineData("--name=m1", null)]
    [InlineData("-name=m1", null)]
    public void Read_EachFlagForm_SetsTheValue(string first, string? second)
    {
        MemberSettings settings = Read(second is null ? [first] : [first, second]);

        Assert.Equal("m1", settings.Name);
        Assert.Equal("m1.etcd", settings.DataDirectory);
        Assert.Equal("m1=http://localhost:2380", settings.InitialCluster);
    }

    [Theory]
    [InlineData("--unsafe-no-fsync", true)]
    [InlineData("--unsafe-no-fsync=true", true)]
    [InlineData("--unsafe-no-fsync=0", false)]
    public void Read_Switch_NeedsNoValue(string flag, bool expected) =>
        Assert.Equal(expected, Read([flag]).UnsafeNoSync);

    [Theory]
    [InlineData("flag provided but not defined: -nosuch", "--nosuch", "x")]
    [InlineData("flag needs an argument: -name", "--name")]
    [InlineData("invalid value \"abc\" for flag -heartbeat-interval: parse error", "--heartbeat-interval=abc")]
    [InlineData("invalid boolean value \"maybe\" for -pre-vote: parse error", "--pre-vote=maybe")]
    [InlineData("bad flag syntax: ---name", "---name")]
    [InlineData("invalid value \"\" for flag -v2-deprecation: invalid value \"\"", "--v2-deprecation=")]
    [InlineData("invalid value \"http://a:1/p\" for flag -listen-peer-urls: URL must not contain a path: http://a:1/p", "--listen-peer-urls=http://a:1/p")]
    public void Read_MalformedCommandLine_IsAUsageError(string expected, params string[] arguments)
    {
        SettingsException refusal = Assert.Throws<SettingsException>(() => Read(arguments));

        Assert.Equal(expected, refusal.Message);
        Assert.True(refusal.IsUsageError);
    }

    [Fact]
    public void Read_DiscoveryThatFallsBackToAProxy_IsRefusedWithTheReason() =>
        Assert.Contains(
            "there is no v2 proxy",
            Assert.Throws<SettingsException>(() => Read(["--discovery=http://x/y", "--discovery-fallback=proxy"])).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("--discovery-srv=example.com", "--initial-cluster=default=http://localhost:2380")]
    [InlineData("--discovery-srv=example.com", "--discovery=http://x/y")]
    [InlineData("--discovery=http://x/y", "--initial-cluster=default=http://localhost:2380")]
    public void Read_TwoWaysToFindTheMembers_AreRefusedWithEtcdsWords(string one, string two)
    {
        SettingsException refusal = Assert.Throws<SettingsException>(
            () => Read([one, two]));

        Assert.Equal(
            "multiple discovery or bootstrap flags are set. Choose one of \"initial-cluster\", \"discovery\" or \"discovery-srv\"",
            refusal.Message);
    }

    // etcd 3.6 has one more way.
    [Theory]
    [InlineData("--discovery=http://x/y")]
    [InlineData("--discovery-srv=example.com")]
    [InlineData("--initial-cluster=default=http://localhost:2380")]
    public void Read_V3DiscoveryAndAnotherWay_AreRefusedWithTheWordsOf36(string other)
    {
        SettingsException refusal = Assert.Throws<SettingsException>(
            () => Read(["--discovery-endpoints=http://x", "--discovery-token=t", other]));

        Assert.Equal(
            "multiple discovery or bootstrap flags are set. Choose one of \"initial-cluster\", \"discovery\", \"discovery-endpoints\" or \"discovery-srv\"",
            refusal.Message);
    }

    [Theory]
    [InlineData("both --discovery-token and --discovery-endpoints must be set", "--discovery-token=t")]
    [InlineData("both --discovery-token and --discovery-endpoints must be set", "--discovery-endpoints=http://x")]
    [InlineData("--discovery-endpoints must not contain empty endpoints", "--discovery-token=t", "--discovery-endpoints=http://x,,http://y")]
    [InlineData("--discovery-dial-timeout must be >0 (set to 0s)", "--discovery-token=t", "--discovery-endpoints=x", "--discovery-dial-timeout=0s")]
    [InlineData("--discovery-request-timeout must be >0 (set to -1s)", "--discovery-token=t", "--discovery-endpoints=x", "--discovery-request-timeout=-1s")]
    [InlineData("KeyFile and CertFile must both be present[key: , cert: c]", "--discovery-token=t", "--discovery-endpoints=x", "--discovery-cert=c")]
    [InlineData(
        "both v2 discovery settings (discovery, discovery-proxy) and v3 discovery settings (discovery-token, discovery-endpoints, discovery-cert, "
        + "discovery-key, discovery-cacert, discovery-user, discovery-password) are set", "--discovery-proxy=http://p", "--discovery-user=u")]
    public void Read_V3DiscoveryThatDoesNotFit_IsRefusedWithTheReason(string expected, params string[] arguments) =>
        Assert.Equal(expected, Assert.Throws<SettingsException>(() => Read(arguments)).Message);

    [Fact]
    public void Read_V3Discovery_TakesTheMembersFromThere()
    {
        MemberSettings settings = Read(
        [
            "--discovery-token=t", "--discovery-endpoints=http://x, http://y,http://x", "--discovery-dial-timeout=1s", "--discovery-request-timeout=3s",
            "--discovery-keepalive-time=4s", "--discovery-keepalive-timeout=7s", "--discovery-insecure-transport=false",
            "--discovery-insecure-skip-tls-verify", "--discovery-cert=c", "--discovery-key=k", "--discovery-cacert=a", "--discovery-user=u",
            "--discovery-password=p",
        ]);

        V3DiscoverySettings read = settings.V3Discovery;
        Assert.Empty(settings.InitialCluster);
        Assert.Equal(["http://x", "http://y"], read.Endpoints);
        Assert.Equal([1, 3, 4, 7], new[] { read.DialTimeout, read.RequestTimeout, read.KeepAliveInterval, read.KeepAliveTimeout }.Select(time => time.TotalSeconds));
        Assert.Equal("t c k a u p", string.Join(' ', read.Token, read.CertificateFile, read.KeyFile, read.AuthorityFile, read.User, read.Password));
        Assert.False(read.AllowsPlainTransport);
        Assert.True(read.SkipsVerification);
    }

    [Fact]
    public void LoggedArguments_Password_IsNotAmongThem() =>
        Assert.Equal(
            ["--name", "--discovery-password", "***", "-discovery-password=***", "p"],
            LoggedArguments.Of(["--name", "--discovery-password", "p1", "-discovery-password=p2", "p"]));

    // A unit file that spells out etcd's defaults must start; one that asks for more must not believe it got it.
    [Theory]
    [InlineData("--client-cert-auth=false")]
    [InlineData("--cert-file=")]
    [InlineData("--enable-pprof=0")]
    [InlineData("--metrics=basic")]
    [InlineData("--experimental-corrupt-check-time=0s")]
    [InlineData("--proxy=off")]
    [InlineData("--backend-bbolt-freelist-type=map")]
    [InlineData("--experimental-backend-bbolt-freelist-type=map")]
    [InlineData("--self-signed-cert-validity=0")]
    [InlineData("--experimental-distributed-tracing-sampling-rate=1000001")]
    public void Read_UnavailableFlagThatAsksForNothing_IsTaken(string flag) => Assert.Empty(Read([flag]).Warnings);

    [Theory]
    [InlineData("--cors=http://a.example", "invalid value \"http://a.example\" for flag -cors: URL address does not have the form \"host:port\": http://a.example")]
    public void Read_UnavailableFlagThatAsksForMore_IsRefusedWithTheReason(string flag, string expected) =>
        Assert.Equal(expected, Assert.Throws<SettingsException>(() => Read([flag])).Message);

    [Theory]
    [InlineData("--v2-deprecation=gone", "--v2-deprecation=gone has no effect: the v2 API stays until --enable-v2=false")]
    [InlineData("--backend-bbolt-freelist-type=array", "--backend-bbolt-freelist-type=array has no effect: the list of free pages kept here serves both")]
    [InlineData("--experimental-backend-bbolt-freelist-type=array", "--experimental-backend-bbolt-freelist-type=array has no effect: the list of free pages kept here serves both")]
    public void Read_UnavailableFlagThatNobodyCountsOn_IsAnsweredWithOneWarning(string flag, string expected) =>
        Assert.Equal(expected, Assert.Single(Read([flag]).Warnings));

    [Theory]
    [InlineData("--experimental-initial-corrupt-check", "--experimental-corrupt-check-time=2h", "--experimental-compact-hash-check-enabled", "--experimental-compact-hash-check-time=3s")]
    [InlineData("--feature-gates=InitialCorruptCheck=true,CompactHashCheck=true", "--corrupt-check-time=2h", "--compact-hash-check-time=3s")]
    public void Read_HashChecks_ByAnyOfTheirNames(params string[] arguments)
    {
        Etcd.Server.ServerOptions options = ServerOptionsMapping.From(Read(arguments));

        Assert.True(options.InitialCorruptCheck);
        Assert.Equal(TimeSpan.FromHours(2), options.CorruptCheckInterval);
        Assert.True(options.CompactHashCheck);
        Assert.Equal(TimeSpan.FromSeconds(3), options.CompactHashCheckInterval);
    }

    [Theory]
    [InlineData("--memory-mlock", "--bootstrap-defrag-threshold-megabytes=9", "--experimental-stop-grpc-service-on-defrag")]
    [InlineData("--experimental-memory-mlock", "--experimental-bootstrap-defrag-threshold-megabytes=9", "--feature-gates=StopGRPCServiceOnDefrag=true")]
    public void Read_WhatDefragmentationAndMemoryAreTold_ByAnyOfTheirNames(params string[] arguments)
    {
        MemberSettings settings = Read(arguments);
        ServerOptions options = ServerOptionsMapping.From(settings);

        Assert.Empty(settings.Warnings);
        Assert.True(settings.LocksMemory);
        Assert.Equal(9u, options.StartDefragmentationMegabytes);
        Assert.True(options.IsUnhealthyWhileDefragmenting);
    }

    [Theory]
    [InlineData("--experimental-enable-lease-checkpoint", "--experimental-enable-lease-checkpoint-persist", "--lease-checkpoint-interval=7s")]
    [InlineData("--feature-gates=LeaseCheckpoint=true,LeaseCheckpointPersist=true", "--lease-checkpoint-interval=7s")]
    public void Read_LeaseCheckpoints_ByAnyOfTheirNames(params string[] arguments)
    {
        MemberSettings settings = Read(arguments);
        ServerOptions options = ServerOptionsMapping.From(settings);

        Assert.Empty(settings.Warnings);
        Assert.True(options.LeaseCheckpoints);
        Assert.True(options.LeaseCheckpointsPersist);
        Assert.Equal(TimeSpan.FromSeconds(7), options.LeaseCheckpointInterval);
    }

    // etcd's texts.
    [Fact]
    public void Read_LeaseCheckpointsHalfAsked_RefusesOrWarns()
    {
        Assert.Equal(
            "setting experimental-enable-lease-checkpoint-persist requires experimental-enable-lease-checkpoint",
            Assert.Throws<SettingsException>(() => Read(["--experimental-enable-lease-checkpoint-persist"])).Message);
        Assert.Equal(
            "Detected that checkpointing is enabled without persistence. Consider enabling experimental-enable-lease-checkpoint-persist",
            Assert.Single(Read(["--experimental-enable-lease-checkpoint"]).Warnings));
    }

    [Theory]
    [InlineData("--lease-checkpoint-interval=0s", "must be >0")]
    [InlineData("--corrupt-check-time=-1s", "must be >=0")]
    public void Read_IntervalAtNoPossibleTime_IsAUsageError(string flag, string expected) =>
        Assert.Contains(expected, Assert.Throws<SettingsException>(() => Read([flag])).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_FlagOfEtcdsFirstReleases_IsIgnoredWithAWarning() =>
        Assert.Equal("--peer-election-timeout is no longer supported and is ignored", Assert.Single(Read(["--peer-election-timeout=5"]).Warnings));

    [Fact]
    public void Read_PeerTimeouts_AreAtLeastFiveSeconds()
    {
        MemberSettings settings = Read(["--raft-read-timeout=1s", "--raft-write-timeout=7s"]);

        Etcd.Peer.HttpPeerOptions options = MemberHost.PeerOptions(settings, dialer: null);
        Assert.Equal(TimeSpan.FromSeconds(5), options.IdleTimeout);
        Assert.Equal(TimeSpan.FromSeconds(7), options.WriteTimeout);
    }

    [Fact]
    public void From_ClusterSettings_ReachTheServer()
    {
        ServerOptions options = ServerOptionsMapping.From(Read(
            ["--initial-election-tick-advance=false", "--strict-reconfig-check=false", "--max-learners=3", "--force-new-cluster"]));

        Assert.False(options.InitialElectionTickAdvance);
        Assert.False(options.StrictReconfigCheck);
        Assert.Equal(3, options.LearnersMax);
        Assert.True(options.ForceNewCluster);
    }

    [Theory]
    [InlineData("--listen-client-http-urls=https://127.0.0.1:1")]
    [InlineData("--listen-metrics-urls=http://example.com:1")]
    public void Read_ListenUrlThatCannotBeBound_IsRefused(string flag) => Assert.Throws<SettingsException>(() => Read([flag]));

    [Fact]
    public void All_Names_AreThereOnce() =>
        Assert.Equal(SettingsTable.All.Count, SettingsTable.All.Select(setting => setting.Name).Distinct().Count());

    // Beyond what the server counts with: it became a negative limit that refused every request.
    [Fact]
    public void Read_LargestCounts_StayLimits()
    {
        MemberSettings settings = Read(["--max-request-bytes=4294967295", "--max-txn-ops=4294967295", "--max-wals=4294967295"]);

        Assert.Equal(int.MaxValue, settings.RequestBytesMax);
        Assert.Equal(int.MaxValue, settings.TxnOperationsMax);
        Assert.Equal(int.MaxValue, settings.WalFilesMax);
    }

    [Fact]
    public void Read_RetentionLongerThanTime_IsRefused() =>
        Assert.Throws<SettingsException>(() => Read(["--auto-compaction-retention=99999999999999"]));

    // As etcd reads them. A compaction in slices of nothing would never end, a snapshot after every entry would be all the server does.
    [Fact]
    public void From_ZeroOfASettingThatNeedsANumber_IsItsDefault()
    {
        ServerOptions options = ServerOptionsMapping.From(Read(
        [
            "--snapshot-count=0", "--snapshot-catchup-entries=0", "--compaction-batch-limit=0", "--compaction-sleep-interval=-1s",
            "--watch-progress-notify-interval=0",
        ]));

        Assert.Equal(100_000UL, options.SnapshotCount);
        Assert.Equal(5_000UL, options.SnapshotCatchUpEntries);
        Assert.Equal(1_000, options.CompactionBatchLimit);
        Assert.Equal(TimeSpan.FromMilliseconds(10), options.CompactionSleepInterval);
        Assert.Equal(TimeSpan.FromMinutes(10), options.WatchProgressInterval);
    }

    [Theory]
    [InlineData("'foo' is not a valid flag", "foo")]
    [InlineData("--election-timeout[400ms] should be at least as 5 times as --heartbeat-interval[100ms]", "--election-timeout=400")]
    [InlineData("--election-timeout[60000ms] is too long, and should be set less than 50000ms", "--election-timeout=60000")]
    [InlineData("--heartbeat-interval must be >0 (set to 0ms)", "--heartbeat-interval=0")]
    [InlineData("--experimental-compact-hash-check-time must be >0 (set to -5s)", "--compact-hash-check-time=-5s")]
    [InlineData("selfSignedCertValidity is invalid,it should be greater than 0", "--peer-auto-tls", "--self-signed-cert-validity=0")]
    [InlineData("error parsing CompactionRetention: time: missing unit in duration \"-5\"", "--auto-compaction-retention=-5")]
    [InlineData("--auto-compaction-retention -5h is negative", "--auto-compaction-retention=-5h")]
    [InlineData(
        "--auto-compaction-retention 10h is not a number of revisions", "--auto-compaction-mode=revision", "--auto-compaction-retention=10h")]
    [InlineData(
        "--advertise-client-urls is required when --listen-client-urls is set explicitly", "--listen-client-urls=http://127.0.0.1:1")]
    [InlineData(
        "expected IP in URL for binding (http://example.com:2379)",
        "--listen-client-urls=http://example.com:2379",
        "--advertise-client-urls=http://example.com:2379")]
    public void Read_UnfitValues_AreRefusedWithEtcdsText(string expected, params string[] arguments)
    {
        SettingsException refusal = Assert.Throws<SettingsException>(() => Read(arguments));

        Assert.Equal(expected, refusal.Message);
        Assert.False(refusal.IsUsageError);
    }

    [Fact]
    public void Read_EnvironmentVariable_SetsWhatNoFlagSets()
    {
        MemberSettings settings = SettingsReader.Read(
            [], new Dictionary<string, string> { ["ETCD_SNAPSHOT_COUNT"] = "7", ["ETCD_NAME"] = "" }, out IReadOnlyList<string> warnings);

        Assert.Equal(7UL, settings.SnapshotCount);
        Assert.Equal("default", settings.Name);
        Assert.Empty(warnings);
    }

    [Fact]
    public void Read_VariableAndFlagTogether_IsRefused()
    {
        SettingsException refusal = Assert.Throws<SettingsException>(
            () => SettingsReader.Read(["--name", "a"], new Dictionary<string, string> { ["ETCD_NAME"] = "b" }, out _));

        Assert.StartsWith("conflicting environment variable \"ETCD_NAME\" is shadowed", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TokensThatLiveForNoTime_LiveAsLongAsUnlessSet() =>
        Assert.Equal(TimeSpan.FromSeconds(300), Read(["--auth-token-ttl=0"]).AuthTokenTimeToLive);

    // As in etcd, which passes over it.
    [Fact]
    public void InitialCluster_ItemWithoutAName_IsNoMember() =>
        Assert.Equal(["b"], InitialClusterText.Read("=http://127.0.0.1:1,b=http://127.0.0.1:2/").Keys);

    [Fact]
    public void Read_UnknownVariable_IsWarnedOf()
    {
        SettingsReader.Read([], new Dictionary<string, string> { ["ETCD_FOO"] = "1", ["OTHER"] = "2" }, out IReadOnlyList<string> warnings);

        Assert.Equal(["unrecognized environment variable ETCD_FOO"], warnings);
    }

    [Theory]
    [InlineData("periodic", "1", AutoCompactionMode.Periodic, 3600, 0)]
    [InlineData("periodic", "5m", AutoCompactionMode.Periodic, 300, 0)]
    [InlineData("revision", "1000", AutoCompactionMode.Revision, 0, 1000)]
    [InlineData("periodic", "0", AutoCompactionMode.Off, 0, 0)]
    public void Read_AutoCompaction_CountsHoursUnlessAUnitIsGiven(
        string mode, string retention, AutoCompactionMode expected, int seconds, long revisions)
    {
        MemberSettings settings = Read([$"--auto-compaction-mode={mode}", $"--auto-compaction-retention={retention}"]);

        Assert.Equal(new AutoCompactionOptions(expected, TimeSpan.FromSeconds(seconds), revisions), settings.AutoCompaction);
    }

    [Fact]
    public void HelpText_NamesTheProxiesToo()
    {
        Assert.Contains("\n  etcd gateway\n    Run the stateless pass-through", HelpText.Usage, StringComparison.Ordinal);
        Assert.Contains("\n  etcd grpc-proxy\n    Run the stateless etcd v3 gRPC", HelpText.Usage, StringComparison.Ordinal);
    }

    [Fact]
    public void HelpText_NamesEverySetting() =>
        Assert.All(SettingsTable.All, setting => Assert.Contains($"  --{setting.Name} '", HelpText.Full(), StringComparison.Ordinal));

    private static MemberSettings Read(string[] arguments) => SettingsReader.Read(arguments, NoEnvironment, out _);
}
