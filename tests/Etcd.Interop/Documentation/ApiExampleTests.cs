using System.Text.RegularExpressions;

using Etcd.Client;
using Etcd.Interop.Clusters;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Documentation;

/// <summary>docs/api.md: what it tells a reader to type works, and is answered as it says.</summary>
public sealed class ApiExampleTests : IDisposable
{
    // What later examples take from the answer to an earlier one.
    private static readonly (string Call, string Placeholder, string Pattern)[] Taken =
    [
        ("add a member", "MEMBER_ID", """member":\{"ID":"([0-9]+)"""),
        ("lock", "LOCK_KEY", """key":"([^"]+)"""),
        ("campaign", "LEADER_KEY", """key":"([^"]+)"""),
        ("campaign", "LEADER_REV", """rev":"([0-9]+)"""),
        ("log in", "TOKEN", """token":"([^"]+)"""),
        ("MemberAdd", "MEMBER_ID", "Member +([0-9a-f]+) added"),
        ("LeaseGrant", "LEASE_ID", "lease ([0-9a-f]+) granted"),
    ];

    // True for a while only: the learner has still to catch up, the members have been connected for less than five seconds.
    private static readonly string[] PassingRefusals =
    [
        "etcdserver: can only promote a learner member which is in sync with leader",
        "etcdserver: unhealthy cluster",
    ];

    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, string> _filled = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Gateway_EachRequest_IsAnsweredAsThePageSays()
    {
        ApiExample[] examples = [.. (await ApiPage.RequestsAsync()).Where(example => !example.ChangesMembers)];
        await using EtcdServer server = await StartAsync();
        // A snapshot that comes in more than one piece.
        await ShellAsync(server.Endpoint, "etcdctl put long $(head -c 100000 /dev/zero | tr '\\0' x)");

        Assert.InRange(examples.Length, 40, 100);
        Assert.All(examples, example => Assert.StartsWith("curl ", example.Command, StringComparison.Ordinal));
        Assert.All(examples, example => Assert.Single(example.Answers));
        foreach (ApiExample example in examples)
        {
            await TryAsync(server.Endpoint, example);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Etcdctl_EachCommand_PrintsWhatThePageSays()
    {
        ApiExample[] examples = [.. (await ApiPage.CommandsAsync()).Where(example => !example.ChangesMembers)];
        await using EtcdServer server = await StartAsync();

        Assert.InRange(examples.Length, 40, 100);
        Assert.All(examples, example => Assert.Contains("etcdctl ", example.Command, StringComparison.Ordinal));
        foreach (ApiExample example in examples)
        {
            CommandOutcome outcome = await TryAsync(server.Endpoint, example);
            Assert.True(outcome.ExitCode == 0, outcome.ToString());
        }
    }

    [Theory(Timeout = 120_000)]
    [InlineData("curl")]
    [InlineData("etcdctl")]
    public async Task Members_EachChange_IsMadeAsThePageSays(string client)
    {
        IReadOnlyList<ApiExample> examples = client == "curl" ? await ApiPage.RequestsAsync() : await ApiPage.CommandsAsync();
        examples = [.. examples.Where(example => example.ChangesMembers)];
        await using ProcessCluster cluster = await ProcessCluster.StartAsync(ServerKind.Ours);
        ClusterMember first = cluster[0];
        ClusterMember second = cluster.CreateMember(ServerKind.Ours);
        _filled["http://10.0.0.4:2380"] = $"http://127.0.0.1:{LoopbackPorts.Take()}";
        _filled["http://10.0.0.5:2380"] = second.PeerUrl;

        Assert.Equal(5, examples.Count);
        Assert.All(examples, example => Assert.Single(example.Answers));
        await TryAsync(first.Process.Endpoint, examples[0]);
        await TryAsync(first.Process.Endpoint, examples[1]);
        cluster.Members.Add(second);
        cluster.Launch(second, "existing");
        await TryAsync(first.Process.Endpoint, examples[2]);
        await ClusterMember.UntilAsync(async () => await second.StatusAsync() is { IsLearner: false });
        await TryAsync(first.Process.Endpoint, examples[3]);
        Assert.Equal(second, await cluster.WaitForLeaderAsync());
        await cluster.MoveLeaderAsync(first);
        await TryAsync(first.Process.Endpoint, examples[4]);

        await using var remaining = new EtcdClient(first.Process.Endpoint);
        MemberListResponse members = await remaining.Cluster.MembersAsync(cancellationToken: Cancellation);
        Assert.Equal([first.Name], members.Members.Select(member => member.Name));
    }

    [Fact(Timeout = 60_000)]
    public async Task Page_WhatIsTypedOutsideTheTables_PrintsTheLinesBelow()
    {
        IReadOnlyList<ApiExample> examples = await ApiPage.SessionsAsync();
        await using EtcdServer server = await StartAsync();

        Assert.InRange(examples.Count, 3, 20);
        foreach (ApiExample example in examples)
        {
            await TryAsync(server.Endpoint, example);
        }
    }

    [Fact]
    public async Task Client_EachLine_StandsInCodeThatIsRun()
    {
        string source = ApiPage.Joined(await File.ReadAllTextAsync(
            Path.Combine(SharedMaterial.RepositoryRoot, "tests", "Etcd.Interop", "Documentation", "ClientExamples.cs"), Cancellation));
        IReadOnlyList<string> lines = await ApiPage.ClientLinesAsync();

        Assert.InRange(lines.Count, 35, 100);
        Assert.All(lines, line => Assert.Contains(ApiPage.Joined(line.Split('…')[0]), source, StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task Client_EachLine_Works()
    {
        await using EtcdServer server = await StartAsync();
        string endpoint = $"http://{server.Endpoint}";
        await using var client = new EtcdClient(endpoint);

        await ClientExamples.KeysAsync(client);
        await ClientExamples.WatchesAndLeasesAsync(client, Cancellation);
        await ClientExamples.MaintenanceAsync(client, Stream.Null);
        await ClientExamples.CoordinationAsync(client, Cancellation);
        await ClientExamples.UsersAsync(client, endpoint);
        await ClientExamples.MembersAsync(client);
    }

    public void Dispose() => _directory.Dispose();

    private Task<EtcdServer> StartAsync() => EtcdServer.StartAsync(
        new EtcdServerOptions { DataDirectory = _directory.File("data"), Flags = ["--bcrypt-cost=4"] }, Cancellation);

    // Runs an example as it stands but for addresses and what earlier answers gave, and holds its answer against the page.
    private async Task<CommandOutcome> TryAsync(string endpoint, ApiExample onPage)
    {
        Assert.DoesNotContain("…", onPage.Command, StringComparison.Ordinal);
        ApiExample example = onPage with
        {
            Command = Filled(endpoint, onPage.Command),
            Answers = [.. onPage.Answers.Select(answer => Filled(endpoint, answer))],
        };
        CommandOutcome outcome = null!;
        await ClusterMember.UntilAsync(async () =>
        {
            outcome = await ShellAsync(endpoint, example.GoesOn ? Ending(example) : example.Command);
            return !PassingRefusals.Any(refusal => (outcome.Output + outcome.Errors).Contains(refusal, StringComparison.Ordinal));
        });

        string missing = example.MissingFrom(outcome.Output);
        Assert.True(missing.Length == 0, $"{missing}\n{outcome.Errors}");
        foreach ((_, string placeholder, string pattern) in Taken.Where(taken => taken.Call == example.Call))
        {
            Match match = Regex.Match(outcome.Output, pattern);
            Assert.True(match.Success, $"no {placeholder} in {outcome.Output}");
            _filled[placeholder] = match.Groups[1].Value;
        }

        return outcome;
    }

    // Ends what goes on when it has printed as much as the page shows. A watch is given changes, an observer a leader to be seen.
    private static string Ending(ApiExample example) =>
        $$"""
        until_printed() {
            "$@" >printed & waiting=$! tries=0
            until [ "$(grep -c . printed)" -ge {{example.Answers.Length}} ] || [ $tries -ge 100 ]; do
                tries=$((tries + 1)); sleep 0.1
                [ "$2" != watch ] || "$CTL" put foo bar >/dev/null
            done
            kill $waiting; wait $waiting; cat printed
        }
        etcdctl() { until_printed "$CTL" "$@"; }
        curl() { until_printed /usr/bin/curl -s "$@"; }
        {{(example.Call == "Leader, Observe" ? "\"$CTL\" elect e me >/dev/null & leading=$!" : "leading=")}}
        {{example.Command}}
        [ -z "$leading" ] || { kill $leading; wait $leading; }
        true
        """;

    private string Filled(string endpoint, string text)
    {
        string filled = text.Replace("localhost:2379", endpoint, StringComparison.Ordinal).Replace("127.0.0.1:2379", endpoint, StringComparison.Ordinal);
        return _filled.Aggregate(filled, (result, value) => result.Replace(value.Key, value.Value, StringComparison.Ordinal));
    }

    private Task<CommandOutcome> ShellAsync(string endpoint, string line) => new Command(
        "/bin/sh",
        ["-c", $"cd {_directory.Path}; etcdctl() {{ \"$CTL\" \"$@\"; }}; curl() {{ /usr/bin/curl -s \"$@\"; }}\n{line}"])
    {
        Environment = new Dictionary<string, string> { ["CTL"] = OurPrograms.Ctl, ["ETCDCTL_ENDPOINTS"] = endpoint },
    }.RunAsync(Cancellation);
}
