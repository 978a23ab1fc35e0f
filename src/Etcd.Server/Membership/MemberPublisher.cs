using System.Text;

using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Server.Consensus;
using Etcd.Server.Pumps;
using Etcd.Server.V2Api;

namespace Etcd.Server.Membership;

/// <summary>Tells the cluster this member's name and client URLs, and, on the leader of a new cluster, the cluster version. Both go through
/// the log as the v2 requests etcd 3.4 and 3.5 use.</summary>
internal sealed class MemberPublisher(
    ulong memberId,
    ServerOptions options,
    ClusterMembership membership,
    Proposals proposals,
    ClusterVersionMonitor versions,
    TimeProvider time,
    Execution execution,
    ServerLog log)
{
    // Too many requests is told at once, as long as a long log is being replayed.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Publishes; tries again until it has succeeded or the member stops.</summary>
    internal async Task PublishAsync(CancellationToken stopping)
    {
        byte[] attributes = MemberRecord.WriteAttributes(options.Name, options.AdvertiseClientUrls);
        string path = MembershipBranch.AttributesPath(memberId);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await PutAsync(path, Encoding.UTF8.GetString(attributes)).ConfigureAwait(false);
                if (membership.View.ClusterVersion.Length == 0)
                {
                    // Before clients are let in, so that their first write finds a cluster that is complete.
                    await versions.LookAsync(stopping).ConfigureAwait(false);
                }

                log.Published(
                    Member.FormatId(memberId),
                    $"{{Name:{options.Name} ClientURLs:[{string.Join(' ', options.AdvertiseClientUrls)}]}}",
                    path,
                    Member.FormatId(membership.View.ClusterId));
                return;
            }
            catch (EtcdException failure) when (failure.Code == EtcdErrorCode.Stopped)
            {
                // The member stops, by request or of a fault, before it got that far: nobody is told about it any more.
                return;
            }
            catch (EtcdException failure)
            {
                log.PublishFailed(Member.FormatId(memberId), failure.Message);
                await execution.DelayAsync(RetryInterval, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async ValueTask PutAsync(string path, string value)
    {
        Request request = V2Requests.Create(V2Requests.Put, path);
        request.ID = proposals.NextId();
        request.Val = value;
        await proposals.ProposeAsync(request).ConfigureAwait(false);
    }
}
