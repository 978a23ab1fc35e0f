namespace Etcd.V2;

/// <summary>The branches of the tree that every etcd server has.</summary>
public static class V2NameSpaces
{
    /// <summary>What the cluster knows of itself: members, removed members, version.</summary>
    public const string Cluster = "/0";

    /// <summary>Keys of clients.</summary>
    public const string Keys = "/1";

    /// <summary>An empty tree with both branches.</summary>
    public static V2Store NewStore() => new(Cluster, Keys);
}
