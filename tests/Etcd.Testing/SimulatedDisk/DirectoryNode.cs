namespace Etcd.Testing.SimulatedDisk;

/// <summary>A directory: its entries now, those that are durable, and the changes in between in their order.</summary>
internal sealed class DirectoryNode : DiskNode
{
    private readonly List<EntryChange> _unsynced = [];

    internal SortedDictionary<string, DiskNode> Entries { get; private init; } = new(StringComparer.Ordinal);

    private SortedDictionary<string, DiskNode> DurableEntries { get; set; } = new(StringComparer.Ordinal);

    internal void Add(string name, DiskNode node) => Change(new EntryChange(null, name, node));

    internal void Remove(string name) => Change(new EntryChange(name, null, null));

    /// <summary>A rename inside one directory: after a crash either name has it, never none.</summary>
    internal void Rename(string from, string to) => Change(new EntryChange(from, to, Entries[from]));

    internal void Sync()
    {
        DurableEntries = new SortedDictionary<string, DiskNode>(Entries, StringComparer.Ordinal);
        _unsynced.Clear();
    }

    /// <summary>The directory as found after power loss. Unsynced changes survive up to a random one of them: file systems
    /// keep the order of changes inside a directory.</summary>
    internal DirectoryNode AfterPowerLoss(ref SplitMix64 random, CrashRules rules, Dictionary<DiskNode, DiskNode> survivors)
    {
        var entries = new SortedDictionary<string, DiskNode>(DurableEntries, StringComparer.Ordinal);
        int surviving = random.Below(_unsynced.Count + 1);
        foreach (EntryChange change in _unsynced.Take(surviving))
        {
            change.ApplyTo(entries);
        }

        var result = new DirectoryNode();
        foreach ((string name, DiskNode node) in entries)
        {
            if (!survivors.TryGetValue(node, out DiskNode? survivor))
            {
                survivor = node switch
                {
                    DirectoryNode directory => directory.AfterPowerLoss(ref random, rules, survivors),
                    FileNode file => file.AfterPowerLoss(ref random, rules),
                    _ => throw new InvalidOperationException($"unknown node {node}"),
                };
                survivors.Add(node, survivor);
            }

            result.Entries.Add(name, survivor);
        }

        result.Sync();
        return result;
    }

    /// <summary>The directory as another process finds it when its writer was killed but the machine stayed up. What was not synced still is not.</summary>
    internal DirectoryNode AsIs(Dictionary<DiskNode, DiskNode> copies)
    {
        var result = new DirectoryNode();
        foreach ((string name, DiskNode node) in Entries)
        {
            result.Entries.Add(name, CopyOf(node, copies));
        }

        foreach ((string name, DiskNode node) in DurableEntries)
        {
            result.DurableEntries.Add(name, CopyOf(node, copies));
        }

        foreach (EntryChange change in _unsynced)
        {
            result._unsynced.Add(change with { Node = change.Node is { } node ? CopyOf(node, copies) : null });
        }

        return result;
    }

    private static DiskNode CopyOf(DiskNode node, Dictionary<DiskNode, DiskNode> copies)
    {
        if (!copies.TryGetValue(node, out DiskNode? copy))
        {
            copy = node is DirectoryNode directory ? directory.AsIs(copies) : ((FileNode)node).AsIs();
            copies.Add(node, copy);
        }

        return copy;
    }

    private void Change(EntryChange change)
    {
        change.ApplyTo(Entries);
        _unsynced.Add(change);
    }

    private readonly record struct EntryChange(string? Removed, string? Added, DiskNode? Node)
    {
        internal void ApplyTo(SortedDictionary<string, DiskNode> entries)
        {
            if (Removed is not null)
            {
                entries.Remove(Removed);
            }

            if (Added is not null)
            {
                entries[Added] = Node!;
            }
        }
    }
}
