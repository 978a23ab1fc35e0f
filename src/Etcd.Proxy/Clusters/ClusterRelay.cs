using Etcd.Client.Calls;
using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Upstreams;

namespace Etcd.Proxy.Clusters;

/// <summary>etcdserverpb.Cluster: the members are changed in the cluster; who asks for their list is shown the proxies, so that clients stay with them.</summary>
/// <param name="advertised">The address under which clients reach this proxy; empty shows the real members.</param>
/// <param name="proxies">The proxies that are registered; <see langword="null"/> without registration.</param>
internal sealed class ClusterRelay(string advertised, ProxyRegistry? proxies)
{
    internal void AddTo(RpcServiceTable table, Relay relay)
    {
        relay.Unary(Methods.MemberAdd, MemberAddRequest.Parser);
        relay.Unary(Methods.MemberRemove, MemberRemoveRequest.Parser);
        relay.Unary(Methods.MemberUpdate, MemberUpdateRequest.Parser);
        relay.Unary(Methods.MemberPromote, MemberPromoteRequest.Parser);
        if (advertised.Length == 0)
        {
            relay.Unary(Methods.MemberList, MemberListRequest.Parser, isRepeatable: true);
            return;
        }

        table.AddUnary(Methods.MemberList.Service, Methods.MemberList.Name, MemberListRequest.Parser, ListAsync);
    }

    private async ValueTask<MemberListResponse> ListAsync(RpcServerCall call, MemberListRequest request)
    {
        IReadOnlyList<ProxyRecord> known = proxies is null
            ? []
            : await proxies.ListAsync(ForwardedCredentials.Of(call), call.CancellationToken).ConfigureAwait(false);
        var reply = new MemberListResponse();
        if (known.Count == 0)
        {
            known = [new ProxyRecord(advertised, Environment.MachineName)];
        }

        foreach (ProxyRecord proxy in known)
        {
            reply.Members.Add(new Member { Name = proxy.Name, ClientURLs = { proxy.Address } });
        }

        return reply;
    }
}
