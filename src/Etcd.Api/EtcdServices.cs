using Etcd.Api.Services;
using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Health;
using Etcd.Server;

namespace Etcd.Api;

/// <summary>etcd's gRPC services on top of one member.</summary>
public static class EtcdServices
{
    /// <summary>Adds all services to a table.</summary>
    public static void AddTo(RpcServiceTable table, EtcdServer server)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(server);
        var guard = new StreamGuard(server);
        new KeyValueService(server).AddTo(table);
        new WatchService(server, guard).AddTo(table);
        new LeaseService(server, guard).AddTo(table);
        new ClusterService(server).AddTo(table);
        new MaintenanceService(server).AddTo(table);
        new RpcHealth().AddTo(table);
    }
}
