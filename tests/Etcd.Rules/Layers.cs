namespace Etcd.Rules;

/// <summary>The library layers, lowest first, as <c>docs/architecture.md</c> lists them.</summary>
internal static class Layers
{
    /// <summary>A project may import only projects that stand before it.</summary>
    public static readonly string[] LowestFirst =
    [
        "Etcd.Disk",
        "Etcd.Protocol",
        "Etcd.Discovery",
        "Etcd.Backup",
        "Etcd.Raft",
        "Etcd.Bolt",
        "Etcd.Wal",
        "Etcd.Mvcc",
        "Etcd.Lease",
        "Etcd.Auth",
        "Etcd.V2",
        "Etcd.Grpc",
        "Etcd.Client",
        "Etcd.Grpc.Server",
        "Etcd.Peer",
        "Etcd.Server",
        "Etcd.Api",
        "Etcd.Hosting",
        "Etcd.Proxy",
        "etcd",
        "etcdctl",
        "etcdutl",
    ];

    /// <summary>Libraries whose whole list of imports is fixed: what makes them testable without a machine around them.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> FixedImports = new Dictionary<string, string[]>
    {
        ["Etcd.Disk"] = [],
        ["Etcd.Raft"] = [],
        ["Etcd.Protocol"] = [],
        ["Etcd.Discovery"] = [],
        ["Etcd.Grpc"] = [],
        ["Etcd.Grpc.Server"] = ["Etcd.Grpc"],
        ["Etcd.Bolt"] = ["Etcd.Disk"],
        ["Etcd.Wal"] = ["Etcd.Disk", "Etcd.Raft"],
        ["Etcd.Backup"] = ["Etcd.Disk", "Etcd.Protocol"],
        ["Etcd.Client"] = ["Etcd.Grpc", "Etcd.Protocol"],
    };

    /// <summary>Libraries that need nothing but the base class library.</summary>
    public static readonly string[] WithoutPackages = ["Etcd.Disk", "Etcd.Discovery", "Etcd.Raft", "Etcd.Bolt", "Etcd.Wal"];
}
