using Etcd.Api.Limits;
using Etcd.Api.Limits.Rates;
using Etcd.Api.Services;
using Etcd.Api.Services.Coordination;
using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Health;
using Etcd.Server;

namespace Etcd.Api;

/// <summary>etcd's gRPC services on top of one member.</summary>
public static class EtcdServices
{
    /// <summary>Adds all services to a table.</summary>
    /// <param name="table">Receives them.</param>
    /// <param name="server">The member.</param>
    /// <param name="limits">What they may use.</param>
    public static void AddTo(RpcServiceTable table, EtcdServer server, ServiceLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(server);
        var guard = new StreamGuard(server);
        var access = new CallAccess(server);
        var gate = new RateGate(limits.Rates, access);
        table.AroundUnary = gate.Around;
        table.AroundStreaming = gate.Around;
        new KeyValueService(server, access, limits.Replies).AddTo(table);
        new WatchService(server, access, guard).AddTo(table);
        new LeaseService(server, access, guard).AddTo(table);
        new ClusterService(server, access).AddTo(table);
        var health = new RpcHealth();
        new MaintenanceService(server, access, health).AddTo(table);
        new AuthService(server, access).AddTo(table);
        var coordination = new CoordinationCalls(server);
        new LockService(server, access, coordination).AddTo(table);
        new ElectionService(server, access, coordination, guard).AddTo(table);
        health.AddTo(table);
    }
}
