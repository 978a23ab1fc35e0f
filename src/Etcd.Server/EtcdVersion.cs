using Etcd.Server.Membership;

namespace Etcd.Server;

/// <summary>Versions this server reports.</summary>
public static class EtcdVersion
{
    /// <summary>The level of etcd that clients, tools and peers see.</summary>
    public const string Compatibility = "3.5.30";

    /// <summary>The level of etcd whose data directory this server writes.</summary>
    public const string Storage = "3.5.0";

    /// <summary>Ends a member that its cluster has left behind: it would read what it does not understand.</summary>
    /// <param name="clusterVersion">Version agreed in the cluster; empty before it has one.</param>
    /// <exception cref="InvalidDataException">It is newer than this member.</exception>
    internal static void RefuseNewerCluster(string clusterVersion)
    {
        if (ClusterVersionMonitor.TryParse(clusterVersion, out Version cluster)
            && ClusterVersionMonitor.TryParse(Compatibility, out Version own)
            && cluster > own)
        {
            throw new InvalidDataException(
                $"invalid downgrade; server version is lower than determined cluster version ({Compatibility}, {clusterVersion})");
        }
    }
}
