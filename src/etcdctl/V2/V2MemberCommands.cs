using System.Text.Json;
using Etcdctl.Output;

namespace Etcdctl.V2;

/// <summary>Commands on the cluster.</summary>
internal static class V2MemberCommands
{
    private static readonly TimeSpan HealthInterval = TimeSpan.FromSeconds(10);
    private static readonly Dictionary<string, string> NoQuery = [];

    /// <summary><c>cluster-health</c>.</summary>
    public static V2Command Health() => new("cluster-health", "check the health of the etcd cluster", " ")
    {
        Flags = [new("forever", V2FlagKind.Switch, "forever check the health every 10 second until CTRL+C", "f")],
        Run = HealthAsync,
    };

    /// <summary><c>member</c> and what is below it.</summary>
    public static V2Command Members() => new("member", "member add, remove and list subcommands", "")
    {
        Children =
        [
            new("list", "enumerate existing cluster members", " ") { Run = ListAsync },
            new("add", "add a new member to the etcd cluster", "<name> <peerURL>") { Run = AddAsync },
            new("remove", "remove an existing member from the etcd cluster", "<memberID>") { Run = RemoveAsync },
            new("update", "update an existing member in the etcd cluster", "<memberID> <peerURLs>") { Run = UpdateAsync },
        ],
    };

    private static async Task ListAsync(V2Context context)
    {
        using V2Client client = await context.ConnectAsync().ConfigureAwait(false);
        IReadOnlyList<V2Member> members = await client.MembersAsync(V2ExitCode.ServerError).ConfigureAwait(false);
        using V2Answer leader = await client.SendAsync(
            "GET", "/v2/members/leader", NoQuery, null, V2ExitCode.ServerError, client.TotalLimit).ConfigureAwait(false);
        string leaderId = leader.Message is null ? V2Member.Read(leader.Json).Id : "";
        foreach (V2Member member in members)
        {
            context.Terminal.Output.WriteLine(member.Name.Length == 0
                ? $"{member.Id}[unstarted]: peerURLs={string.Join(',', member.PeerUrls)}"
                : $"{member.Id}: name={member.Name} peerURLs={string.Join(',', member.PeerUrls)} clientURLs={string.Join(',', member.ClientUrls)} isLeader={(member.Id == leaderId ? "true" : "false")}");
        }
    }

    private static async Task AddAsync(V2Context context)
    {
        if (context.Arguments.Words is not [string name, string url])
        {
            throw new CommandFailedException(
                (ExitCode)V2ExitCode.BadArguments, "Provide a name and a single member peerURL");
        }

        using V2Client client = await context.ConnectAsync().ConfigureAwait(false);
        using V2Answer answer = await ChangeAsync(client, "POST", "/v2/members", PeerUrlsJson([url])).ConfigureAwait(false);
        Refuse(answer);
        var added = V2Member.Read(answer.Json);
        IReadOnlyList<V2Member> members = await client.MembersAsync(V2ExitCode.ServerError).ConfigureAwait(false);
        OutputWriter output = context.Terminal.Output;
        output.WriteLine($"Added member named {name} with ID {added.Id} to cluster");
        output.WriteLine();
        output.WriteLine($"ETCD_NAME=\"{name}\"");
        IEnumerable<string> initial = members.SelectMany(member =>
            member.PeerUrls.Select(peer => $"{(member.Id == added.Id ? name : member.Name)}={peer}"));
        output.WriteLine($"ETCD_INITIAL_CLUSTER=\"{string.Join(',', initial)}\"");
        output.WriteLine("ETCD_INITIAL_CLUSTER_STATE=\"existing\"");
    }

    private static async Task RemoveAsync(V2Context context)
    {
        if (context.Arguments.Words is not [string id])
        {
            throw new CommandFailedException((ExitCode)V2ExitCode.BadArguments, "Provide a single member ID");
        }

        using V2Client client = await context.ConnectAsync().ConfigureAwait(false);
        IReadOnlyList<V2Member> members = await client.MembersAsync(V2ExitCode.ServerError).ConfigureAwait(false);
        if (!members.Any(member => member.Id == id))
        {
            throw new CommandFailedException(
                (ExitCode)V2ExitCode.BadArguments, $"Couldn't find a member in the cluster with an ID of {id}.");
        }

        using V2Answer answer = await ChangeAsync(client, "DELETE", "/v2/members/" + id, null).ConfigureAwait(false);
        Refuse(answer);
        context.Terminal.Output.WriteLine($"Removed member {id} from cluster");
    }

    private static async Task UpdateAsync(V2Context context)
    {
        if (context.Arguments.Words is not [string id, string urls])
        {
            throw new CommandFailedException(
                (ExitCode)V2ExitCode.BadArguments, "Provide an ID and a list of comma separated peerURL (0xabcd http://example.com,http://example1.com)");
        }

        using V2Client client = await context.ConnectAsync().ConfigureAwait(false);
        using V2Answer answer =
            await ChangeAsync(client, "PUT", "/v2/members/" + id, PeerUrlsJson(urls.Split(','))).ConfigureAwait(false);
        Refuse(answer);
        context.Terminal.Output.WriteLine($"Updated member with ID {id} in cluster");
    }

    private static async Task HealthAsync(V2Context context)
    {
        while (true)
        {
            int code = await LookAsync(context).ConfigureAwait(false);
            context.Terminal.Flush();
            if (!context.Arguments.IsOn("forever"))
            {
                throw CommandFailedException.AlreadyTold((ExitCode)code);
            }

            context.Terminal.Output.WriteLine("");
            await Task.Delay(HealthInterval).ConfigureAwait(false);
        }
    }

    private static async Task<int> LookAsync(V2Context context)
    {
        using var client = V2Client.Unsynchronised(context.Global, context.Terminal);
        OutputWriter output = context.Terminal.Output;
        IReadOnlyList<V2Member> members;
        try
        {
            members = await client.MembersAsync(V2ExitCode.ServerError).ConfigureAwait(false);
        }
        catch (CommandFailedException)
        {
            output.WriteLine("cluster may be unhealthy: failed to list members");
            throw;
        }

        int healthy = 0;
        foreach (V2Member member in members)
        {
            healthy += await LookAtAsync(context, member).ConfigureAwait(false) ? 1 : 0;
        }

        output.WriteLine(healthy == members.Count ? "cluster is healthy"
            : healthy * 2 > members.Count ? "cluster is degraded"
            : "cluster is unavailable");
        return healthy == members.Count ? 0 : V2ExitCode.ClusterNotHealthy;
    }

    private static async Task<bool> LookAtAsync(V2Context context, V2Member member)
    {
        OutputWriter output = context.Terminal.Output;
        if (member.ClientUrls.Count == 0)
        {
            output.WriteLine($"member {member.Id} is unreachable: no available published client urls");
            return false;
        }

        foreach (string url in member.ClientUrls)
        {
            using var client = V2Client.Unsynchronised(context.Global, context.Terminal);
            client.UseOnly(url);
            try
            {
                using V2Answer answer = await client.SendAsync(
                    "GET", "/health", NoQuery, null, V2ExitCode.ClusterNotHealthy, client.TotalLimit).ConfigureAwait(false);
                bool isHealthy = answer.Json.TryGetProperty("health", out JsonElement health) && health.ToString() is "true" or "True";
                output.WriteLine(isHealthy
                    ? $"member {member.Id} is healthy: got healthy result from {url}"
                    : $"member {member.Id} is unhealthy: got unhealthy result from {url}");
                return isHealthy;
            }
            catch (CommandFailedException)
            {
                output.WriteLine($"failed to check the health of member {member.Id} on {url}");
            }
        }

        output.WriteLine($"member {member.Id} is unreachable: [{string.Join(' ', member.ClientUrls)}] are all unreachable");
        return false;
    }

    private static Task<V2Answer> ChangeAsync(V2Client client, string method, string path, string? json) =>
        client.SendAsync(method, path, NoQuery, null, V2ExitCode.ServerError, client.TotalLimit, json);

    private static void Refuse(V2Answer answer)
    {
        if (answer.Message is { } message)
        {
            throw new CommandFailedException((ExitCode)V2ExitCode.BadArguments, message);
        }
    }

    private static string PeerUrlsJson(IEnumerable<string> urls) =>
        $"{{\"peerURLs\":[{string.Join(',', urls.Select(url => $"\"{JsonEncodedText.Encode(url)}\""))}]}}";
}
