using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Server.Consensus;
using Etcd.V2;

namespace Etcd.Server.V2Api;

/// <summary>Tells all members the leader's time while v2 nodes wait to expire, so that each lets the same ones go at the same place in the
/// log.</summary>
internal sealed class V2KeyExpiry(V2Store tree, RaftLoop loop, Proposals proposals, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs until cancelled.</summary>
    internal async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                if (tree.HasExpiringNodes && loop.Leadership.IsLeader)
                {
                    await TellTimeAsync().ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The member stops; whoever leads next tells the time.
        }
    }

    private async ValueTask TellTimeAsync()
    {
        Request request = V2Requests.Create(V2Requests.Sync, string.Empty);
        request.ID = proposals.NextId();
        request.Time = UnixTime.NowNanoseconds(time);
        try
        {
            await proposals.ProposeAsync(request).ConfigureAwait(false);
        }
        catch (EtcdException)
        {
            // No quorum, or too much to do: nodes stay a little longer, until a later time gets through.
        }
    }
}
