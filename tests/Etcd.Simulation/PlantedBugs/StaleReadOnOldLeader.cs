using Etcd.Protocol.Rpc;
using Etcd.Server;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>A member that takes itself for the leader answers reads without asking the others whether it still is.</summary>
internal sealed class StaleReadOnOldLeader : PlantedBug
{
    public override void Tamper(EtcdServer server, RangeRequest request) => request.Serializable = server.IsLeader;
}
