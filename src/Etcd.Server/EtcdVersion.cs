namespace Etcd.Server;

/// <summary>Versions this server reports.</summary>
public static class EtcdVersion
{
    /// <summary>The level of etcd that clients, tools and peers see.</summary>
    public const string Compatibility = "3.5.30";

    /// <summary>The cluster version of that level.</summary>
    public const string Cluster = "3.5.0";
}
