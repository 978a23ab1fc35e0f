using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Server.Consensus;
using Etcd.Server.Pumps;
using Etcd.Server.V2Api;

namespace Etcd.Server.Membership;

/// <summary>Keeps the cluster version at the lowest version among the members, while this member leads: what the cluster may use is what
/// all of them understand. As etcd 3.5 does, it looks at the first commit of each term and every four seconds.</summary>
internal sealed class ClusterVersionMonitor(
    ulong memberId,
    ServerOptions options,
    ClusterMembership membership,
    IPeerQueries queries,
    Proposals proposals,
    RaftLoop loop,
    TimeProvider time,
    Execution execution,
    ServerLog log)
{
    /// <summary>What the version is until all members can be asked.</summary>
    private const string VersionMin = "3.0.0";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private int _termBegan;
    private Task _looking = Task.CompletedTask;

    /// <summary>The first entry of a term has been committed: the next look is due. Any thread.</summary>
    internal void TermBegan() => Volatile.Write(ref _termBegan, 1);

    /// <summary>Looks, again and again, until cancelled.</summary>
    internal async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(options.HeartbeatInterval, time);
        try
        {
            long lookedAt = time.GetTimestamp();
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                if (Interlocked.Exchange(ref _termBegan, 0) == 1 || time.GetElapsedTime(lookedAt) >= Interval)
                {
                    await LookAsync(stopping).ConfigureAwait(false);
                    lookedAt = time.GetTimestamp();
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The member stops.
        }
    }

    /// <summary>Looks once, if this member leads. Who comes while a look is under way takes part in it: two at once would set the same version
    /// twice, and each time counts in the index that v2 clients see.</summary>
    internal Task LookAsync(CancellationToken stopping)
    {
        lock (_gate)
        {
            if (_looking.IsCompleted)
            {
                _looking = LookNowAsync(stopping);
            }

            return execution.ShareAsync(_looking);
        }
    }

    private async Task LookNowAsync(CancellationToken stopping)
    {
        if (!loop.Leadership.IsLeader)
        {
            return;
        }

        Version? lowest = await LowestVersionAsync(stopping).ConfigureAwait(false);
        string current = membership.View.ClusterVersion;
        string? wanted = current.Length == 0
            ? (lowest is null ? VersionMin : Format(lowest))
            : lowest is not null && TryParse(current, out Version known) && IsChange(known, lowest) ? Format(lowest) : null;
        if (wanted is not null && loop.Leadership.IsLeader)
        {
            await SetAsync(wanted).ConfigureAwait(false);
        }
    }

    /// <summary>Major and minor of a version.</summary>
    internal static bool TryParse(string text, out Version version)
    {
        bool isVersion = Version.TryParse(text, out Version? parsed);
        version = isVersion ? new Version(parsed!.Major, parsed.Minor) : new Version(0, 0);
        return isVersion;
    }

    // Upwards within the major version, and one minor version down for a member that was replaced by an older one.
    private static bool IsChange(Version current, Version lowest) =>
        current.Major == lowest.Major && (lowest > current || lowest.Minor == current.Minor - 1);

    private static string Format(Version version) => $"{version.Major}.{version.Minor}.0";

    private async Task<Version?> LowestVersionAsync(CancellationToken stopping)
    {
        var own = Version.Parse(EtcdVersion.Compatibility);
        var lowest = new Version(own.Major, own.Minor);
        foreach (Member member in membership.View.Members)
        {
            if (member.Id == memberId)
            {
                continue;
            }

            if (await VersionOfAsync(member, stopping).ConfigureAwait(false) is not { } version)
            {
                // One that cannot be asked could be of any version.
                return null;
            }

            lowest = version < lowest ? version : lowest;
        }

        return lowest;
    }

    private async Task<Version?> VersionOfAsync(Member member, CancellationToken stopping)
    {
        foreach (string url in member.PeerUrls)
        {
            using var limit = new CancellationTokenSource(AskPatience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stopping);
            try
            {
                PeerVersionAnswer answer = await queries.GetVersionAsync(url, either.Token).ConfigureAwait(false);
                if (TryParse(answer.Server, out Version version))
                {
                    return version;
                }
            }
            catch (PeerQueryException)
            {
                // The next URL may answer.
            }
            catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
            {
                // It was given its time.
            }
        }

        return null;
    }

    private async Task SetAsync(string version)
    {
        Request request = V2Requests.Create(V2Requests.Put, MembershipBranch.VersionPath);
        request.ID = proposals.NextId();
        request.Val = version;
        try
        {
            await proposals.ProposeAsync(request).ConfigureAwait(false);
        }
        catch (EtcdException failure)
        {
            // The next look, or the next leader's, sets it.
            log.ClusterVersionNotSet(version, failure.Message);
        }
    }
}
