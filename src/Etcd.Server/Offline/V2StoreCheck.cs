using Etcd.Disk;
using Etcd.Raft;
using Etcd.Server.Bootstrap;
using Etcd.V2;
using Etcd.V2.Tree;

namespace Etcd.Server.Offline;

/// <summary>Whether the v2 tree in a member's newest snapshot holds anything but what etcd itself keeps there. Releases after 3.5 have no v2 tree.</summary>
public static class V2StoreCheck
{
    private static readonly string[] OwnBranches = ["members", "removed_members", "version"];

    /// <summary>Looks for keys of clients.</summary>
    /// <exception cref="OfflineException">There is no data directory, or its log or tree is damaged.</exception>
    public static bool HasCustomContent(IFileSystem fileSystem, DataDirectory directory)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(directory);
        Snapshot snapshot = MemberFiles.NewestSnapshot(fileSystem, directory);
        if (snapshot.IsEmpty)
        {
            return false;
        }

        V2Store tree = V2NameSpaces.NewStore();
        try
        {
            tree.Recover(snapshot.Data);
        }
        catch (InvalidDataException damage)
        {
            throw new OfflineException($"the v2 tree in the snapshot at {snapshot.Metadata.Index} is damaged: {damage.Message}", damage);
        }

        return tree.View.Root.Children!.Any(branch => $"/{branch.Key}" == V2NameSpaces.Cluster ? HasForeignBranch(branch.Value) : !IsEmpty(branch.Value));
    }

    private static bool IsEmpty(V2Node node) => node.Children is { Count: 0 };

    private static bool HasForeignBranch(V2Node cluster) => cluster.Children!.Keys.Any(name => !OwnBranches.Contains(name));
}
