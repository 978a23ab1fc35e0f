namespace Etcd.Simulation.Checkers;

/// <summary>State of one group of keys between two operations: what the specification says the store is.</summary>
internal sealed class GroupState : IEquatable<GroupState>
{
    private readonly KeyState[] _keys;
    private readonly long _revision;

    private GroupState(KeyState[] keys, long revision)
    {
        _keys = keys;
        _revision = revision;
    }

    public static GroupState Empty(int keys) => new(new KeyState[keys], 0);

    /// <summary>The state after an operation, or <see langword="null"/> when its result is impossible in this state.</summary>
    public GroupState? After(Operation operation) => operation.Kind switch
    {
        OperationKind.Read => AfterRead(operation),
        OperationKind.Put => AfterPut(operation, operation.Key, operation.Key),
        OperationKind.PutAll => AfterPut(operation, 0, _keys.Length - 1),
        OperationKind.Delete => AfterDelete(operation),
        OperationKind.CompareAndSet => AfterCompareAndSet(operation),
        OperationKind.Transaction => AfterTransaction(operation),
        _ => throw new InvalidOperationException($"unknown operation {operation.Kind}"),
    };

    public bool Equals(GroupState? other) => other is not null && _revision == other._revision && _keys.AsSpan().SequenceEqual(other._keys);

    public override bool Equals(object? obj) => Equals(obj as GroupState);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(_revision);
        foreach (KeyState key in _keys)
        {
            hash.Add(key);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => $"[{string.Join(' ', _keys)}] after revision {_revision}";

    private GroupState? AfterRead(Operation read)
    {
        if (!read.IsKnown)
        {
            return this;
        }

        // The read saw the store at its header's revision; a write of this group at or below it must have come before.
        KeyState[]? learned = null;
        for (int i = 0; i < _keys.Length; i++)
        {
            KeyState seen = read.Seen[i];
            KeyState held = _keys[i];
            if (seen.Value != held.Value || seen.Version != held.Version || (held.ModRevision >= 0 && seen.ModRevision != held.ModRevision))
            {
                return null;
            }

            if (held.ModRevision < 0)
            {
                learned ??= [.. _keys];
                learned[i] = seen;
            }
        }

        return _revision > read.Revision ? null : learned is null ? this : new GroupState(learned, _revision);
    }

    private GroupState? AfterPut(Operation put, int first, int last)
    {
        long revision = put.Revision > 0 ? put.Revision : -1;
        if (revision >= 0 && revision <= _revision)
        {
            return null;
        }

        KeyState[] keys = [.. _keys];
        for (int i = first; i <= last; i++)
        {
            keys[i] = new KeyState(put.Value, keys[i].Version + 1, revision);
        }

        return new GroupState(keys, Math.Max(_revision, revision));
    }

    private GroupState? AfterDelete(Operation delete)
    {
        bool exists = _keys[delete.Key].Value != 0;
        if (delete.IsKnown && (delete.Deleted != (exists ? 1 : 0) || delete.Revision < _revision || (exists && delete.Revision == _revision)))
        {
            return null;
        }

        if (!exists)
        {
            // One that nobody knows of and that changes nothing need not have a place at all.
            return delete.IsKnown ? this : null;
        }

        KeyState[] keys = [.. _keys];
        keys[delete.Key] = default;
        return new GroupState(keys, delete.IsKnown ? delete.Revision : _revision);
    }

    private GroupState? AfterCompareAndSet(Operation operation)
    {
        bool matches = _keys[operation.Key].Value == operation.Expected;
        if ((operation.IsKnown || operation.Revision > 0) && operation.Succeeded != matches)
        {
            return null;
        }

        return matches ? AfterPut(operation, operation.Key, operation.Key) : AfterRead(operation);
    }

    // One whose outcome is unknown is looked at only if the history has what it wrote, and so its revision.
    private GroupState? AfterTransaction(Operation operation)
    {
        KeyState[] keys = [.. _keys];
        TransactionOutcome outcome = operation.Transaction!.Run(keys, operation.Revision);
        bool isTrue = operation.Outcome is { } told ? outcome.Equals(told) : outcome.Written.SequenceEqual(operation.Written);
        if (!isTrue)
        {
            return null;
        }

        if (outcome.Written.Count == 0)
        {
            return _revision > operation.Revision ? null : this;
        }

        return operation.Revision > _revision ? new GroupState(keys, operation.Revision) : null;
    }
}
