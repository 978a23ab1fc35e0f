using System.Text.Json;
using System.Text.RegularExpressions;

using Etcd.Api.Limits;
using Etcd.Api.Metrics;
using Etcd.Hosting.Settings;
using Etcd.Testing;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Hosting.Tests;

// docs/metrics.md and docs/monitoring are read and copied by people who do not have the program at hand: they must fit what it shows.
public sealed partial class MonitoringFilesTests : IAsyncLifetime
{
    private const string ShownBegins = "## What is shown";
    private const string ShownEnds = "## What the numbers mean";

    private static readonly string[] Parts = ["_bucket", "_sum", "_count"];

    private readonly TemporaryDirectory _directory = new();
    private MemberHost _host = null!;

    private static string Docs => Path.Combine(SharedMaterial.RepositoryRoot, "docs");

    public async ValueTask InitializeAsync()
    {
        var peerUrl = new Uri($"http://127.0.0.1:{MemberHostTests.FreePort()}");
        _host = await MemberHost.StartAsync(
            new MemberSettings
            {
                DataDirectory = _directory.File("data"),
                ListenClientUrls = [new Uri("http://127.0.0.1:0")],
                ListenPeerUrls = [peerUrl],
                AdvertisePeerUrls = [peerUrl],
                InitialCluster = $"default={peerUrl}",
                MetricsAreExtensive = true,
            },
            NullLoggerFactory.Instance,
            TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public void MetricsPage_WhatIsShown_IsWhatTheServerShows()
    {
        string page = File.ReadAllText(Path.Combine(Docs, "metrics.md"));
        string shown = page[page.IndexOf(ShownBegins, StringComparison.Ordinal)..page.IndexOf(ShownEnds, StringComparison.Ordinal)];

        string[] named = [.. Quoted().Matches(shown).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal)];

        Assert.Equal(_host.Metrics.Metrics.Select(metric => metric.Key), named);
    }

    [Fact]
    public void Dashboard_EveryQuery_AsksForMetricsThatExist()
    {
        using JsonDocument dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Docs, "monitoring", "dashboard.json")));

        string[] queries =
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray()
                .Where(panel => panel.TryGetProperty("targets", out _))
                .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
                .Select(target => target.GetProperty("expr").GetString()!),
        ];

        Assert.True(queries.Length > 20);
        AllExist(queries);
    }

    [Fact]
    public void Alerts_EveryRule_AsksForMetricsThatExist()
    {
        string[] lines = File.ReadAllLines(Path.Combine(Docs, "monitoring", "alerts.yaml"));
        int rules = lines.Count(line => line.Contains("- alert: ", StringComparison.Ordinal));

        Assert.Equal(rules, lines.Count(line => line.Contains(" expr: ", StringComparison.Ordinal)));
        Assert.Equal(rules, lines.Count(line => line.Contains(" summary: ", StringComparison.Ordinal)));
        AllExist(lines.Where(line => !line.StartsWith('#') && !line.Contains(" name: ", StringComparison.Ordinal)));
    }

    [Fact]
    public void Alerts_LimitsTheyName_AreThoseThatAreCounted()
    {
        string alerts = File.ReadAllText(Path.Combine(Docs, "monitoring", "alerts.yaml"));
        string[] counted = [.. new LimitRefusals().All.Select(limit => limit.Limit)];

        string[] named = [.. LimitLabel().Matches(alerts).Select(match => match.Groups[1].Value)];

        Assert.NotEmpty(named);
        Assert.Empty(named.Except(counted));
    }

    private void AllExist(IEnumerable<string> queries)
    {
        Dictionary<string, MetricKind> shown = new(_host.Metrics.Metrics, StringComparer.Ordinal);
        string[] unknown =
        [
            .. queries
                .SelectMany(query => Named().Matches(query).Select(match => match.Value))
                .Where(name => !shown.ContainsKey(name)
                    && !Parts.Any(part => name.EndsWith(part, StringComparison.Ordinal)
                        && shown.TryGetValue(name[..^part.Length], out MetricKind kind)
                        && kind == MetricKind.Histogram)),
        ];
        Assert.Empty(unknown);
    }

    [GeneratedRegex("limit=\"([a-z_]+)\"")]
    private static partial Regex LimitLabel();

    [GeneratedRegex("`((?:etcd|grpc|go|process|os|promhttp|dotnet)_[a-z0-9_]+)`")]
    private static partial Regex Quoted();

    // A metric, not one of its labels or their values.
    [GeneratedRegex("\\b(?:etcd|grpc_server|go|process|os|promhttp|dotnet)_[a-z0-9_]+")]
    private static partial Regex Named();
}
