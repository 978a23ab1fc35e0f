using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Upstreams;

namespace Etcd.Proxy.Clusters;

/// <summary>Asks the cluster from time to time where its members are: <c>--endpoints-auto-sync-interval</c>.</summary>
internal sealed class EndpointSync(Upstream upstream, TimeSpan interval, ProxyLog log, TimeProvider time)
{
    /// <summary>Goes on until the token is cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                await SyncAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The proxy stops.
        }
    }

    private async Task SyncAsync(CancellationToken cancellationToken)
    {
        try
        {
            MemberListResponse reply = await upstream.UnaryAsync(
                Methods.MemberList, new MemberListRequest { Linearizable = true }, ForwardedCredentials.None, isRepeatable: true, cancellationToken)
                .ConfigureAwait(false);

            // Learners refuse most calls.
            string[] endpoints = [.. reply.Members.Where(member => !member.IsLearner).SelectMany(member => member.ClientURLs)];
            if (endpoints.Length > 0)
            {
                await upstream.ReplaceAsync(endpoints).ConfigureAwait(false);
            }
        }
        catch (RpcException failure)
        {
            log.SyncFailed(failure.Message);
        }
    }
}
