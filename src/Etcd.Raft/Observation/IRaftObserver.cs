namespace Etcd.Raft;

/// <summary>Is told what a node does, as it does it: for logs, metrics and tests.</summary>
public interface IRaftObserver
{
    /// <summary>Called in the middle of the node's own work, on its thread; must not call the node.</summary>
    void Observe(RaftEvent raftEvent);
}
