using System.Globalization;
using System.Text.RegularExpressions;

using Etcd.Interop.Clusters;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.V2;

/// <summary>The v2 API of this server and of real etcd 3.4 and 3.5 as members of one cluster: what is written through one is read through all.</summary>
public sealed partial class V2MixedClusterTests
{
    private const int Limit = 58_000;

    [Theory(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Writes_ThroughEachMember_AreReadOnEachWhoeverLeads(int leading)
    {
        await using ProcessCluster cluster = await StartAsync();
        await cluster.MoveLeaderAsync(cluster[leading]);
        foreach (ClusterMember member in cluster.Members)
        {
            await WriteAllWaysAsync(member);
        }

        string[] trees = await TreesAsync(cluster);
        Assert.Contains("\"value\":\"three\"", trees[0], StringComparison.Ordinal);
        Assert.All(trees, tree => Assert.Equal(trees[0], tree));
    }

    // What a leader says the time is decides, on every member, in the log: all see the same event with the same index.
    [Theory(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Keys_WithATtl_ExpireOnEachMemberAtTheSameIndex(int leading)
    {
        await using ProcessCluster cluster = await StartAsync();
        await cluster.MoveLeaderAsync(cluster[leading]);
        ulong first = ulong.MaxValue;
        foreach (ClusterMember member in cluster.Members)
        {
            string written = await MustSucceedAsync(member, $"PUT /v2/keys/short/{member.Name} value=x&ttl=1");
            first = Math.Min(first, IndexOf(written, member.Name));
        }

        string[][] expirations = await Task.WhenAll(cluster.Members.Select(member => ExpirationsAsync(member, first + 1, cluster.Members.Count)));

        Assert.All(expirations, events => Assert.Equal(expirations[0], events));
        foreach (ClusterMember member in cluster.Members)
        {
            Assert.Contains("\"errorCode\":100", (await SendAsync(member, $"GET /v2/keys/short/{member.Name}?quorum=true")).Body, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Members_EachKilledAndStarted_KeepTheTree()
    {
        await using ProcessCluster cluster = await StartAsync(withShortLogs: true);
        foreach (ClusterMember member in cluster.Members)
        {
            await WriteAllWaysAsync(member);
            await WriteManyAsync(member, $"many-{member.Name}", 60);
        }

        string before = (await TreesAsync(cluster))[0];
        foreach (ClusterMember member in cluster.Members)
        {
            await member.KillAsync();
            await cluster.StartAsync(member);
        }

        Assert.All(await TreesAsync(cluster), tree => Assert.Equal(before, tree));
    }

    // The tree comes with the snapshot record of a leader, and the entries after it.
    [Theory(Timeout = Limit, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours, ServerKind.Real34)]
    [InlineData(ServerKind.Ours, ServerKind.Real35)]
    [InlineData(ServerKind.Real35, ServerKind.Ours)]
    public async Task Member_FarBehindALeaderOfTheOtherKind_GetsTheTreeWithItsSnapshot(ServerKind leading, ServerKind lagging)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartWithV2Async([leading, lagging, leading], withShortLogs: true);
        await cluster.MoveLeaderAsync(cluster[0]);
        await WriteAllWaysAsync(cluster[0]);
        await cluster[1].KillAsync();
        await WriteManyAsync(cluster[0], "behind", 400);
        await cluster.StartAsync(cluster[1]);

        string[] trees = await TreesAsync(cluster);

        Assert.All(trees, tree => Assert.Equal(trees[0], tree));
        Assert.Contains("received and saved database snapshot", cluster[1].Process.Log.Text, StringComparison.Ordinal);
    }

    private static Task<ProcessCluster> StartAsync(bool withShortLogs = false) =>
        ProcessCluster.StartWithV2Async([ServerKind.Ours, ServerKind.Real34, ServerKind.Real35], withShortLogs);

    /// <summary>Writes of every kind through one member, below a directory with its name.</summary>
    private static async Task WriteAllWaysAsync(ClusterMember member)
    {
        string directory = $"/v2/keys/{member.Name}";
        await MustSucceedAsync(member, $"PUT {directory}/set value=one");
        await MustSucceedAsync(member, $"PUT {directory}/set value=two&prevValue=one");
        ulong index = IndexOf(await MustSucceedAsync(member, $"GET {directory}/set?quorum=true"), "set");
        await MustSucceedAsync(member, $"PUT {directory}/set value=three&prevIndex={index}");
        await MustSucceedAsync(member, $"PUT {directory}/updated value=a&prevExist=false");
        await MustSucceedAsync(member, $"PUT {directory}/updated value=b&prevExist=true");
        await MustSucceedAsync(member, $"PUT {directory}/long value=x&ttl=5000");
        await MustSucceedAsync(member, $"PUT {directory}/long refresh=true&ttl=6000&prevExist=true");
        await MustSucceedAsync(member, $"PUT {directory}/dir dir=true&ttl=7000");
        await MustSucceedAsync(member, $"POST {directory}/queue value=first");
        await MustSucceedAsync(member, $"POST {directory}/queue value=second");
        await MustSucceedAsync(member, $"PUT {directory}/gone value=x");
        await MustSucceedAsync(member, $"DELETE {directory}/gone?prevValue=x");
        await MustSucceedAsync(member, $"PUT {directory}/tree/_hidden value=x");
        (int status, string body) = await SendAsync(member, $"PUT {directory}/set value=four&prevValue=one");
        Assert.True(status == 412, body);
    }

    private static async Task WriteManyAsync(ClusterMember member, string directory, int writes)
    {
        for (int i = 0; i < writes; i++)
        {
            await MustSucceedAsync(member, string.Create(CultureInfo.InvariantCulture, $"PUT /v2/keys/{directory}/{i % 7} value={i}"));
        }
    }

    /// <summary>What each member says all keys are, from its own tree after a confirmed read.</summary>
    private static async Task<string[]> TreesAsync(ProcessCluster cluster) => await Task.WhenAll(cluster.Members.Select(async member =>
    {
        await MustSucceedAsync(member, "GET /v2/keys/?quorum=true");
        string tree = await MustSucceedAsync(member, "GET /v2/keys/?recursive=true&sorted=true");
        return TimeLeft().Replace(tree, "");
    }));

    /// <summary>The expirations from an index on, each with its key and index.</summary>
    private static async Task<string[]> ExpirationsAsync(ClusterMember member, ulong from, int count)
    {
        var seen = new List<string>();
        while (seen.Count < count)
        {
            string happened = await MustSucceedAsync(
                member, string.Create(CultureInfo.InvariantCulture, $"GET /v2/keys/short?wait=true&recursive=true&waitIndex={from}"));
            Match match = ModifiedIndex().Match(happened);
            from = ulong.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) + 1;
            if (happened.Contains("\"action\":\"expire\"", StringComparison.Ordinal))
            {
                seen.Add(TimeLeft().Replace(happened, ""));
            }
        }

        return [.. seen];
    }

    private static ulong IndexOf(string reply, string name) => ulong.Parse(
        Regex.Match(reply, $"/{name}\".*?\"modifiedIndex\":([0-9]+)").Groups[1].Value, CultureInfo.InvariantCulture);

    private static async Task<string> MustSucceedAsync(ClusterMember member, V2Request request)
    {
        (int status, string body) = await SendAsync(member, request);
        Assert.True(status is 200 or 201, $"{request} on {member.Name} ({member.Kind}): {status} {body}");
        return body;
    }

    private static async Task<(int Status, string Body)> SendAsync(ClusterMember member, V2Request request)
    {
        using var http = new HttpClient { BaseAddress = member.Process.Address };
        return await request.SendAsync(http, TestContext.Current.CancellationToken);
    }

    // Each member reckons it by its own clock when it answers.
    [GeneratedRegex(",\"ttl\":-?[0-9]+")]
    private static partial Regex TimeLeft();

    [GeneratedRegex("\"modifiedIndex\":([0-9]+)")]
    private static partial Regex ModifiedIndex();
}
