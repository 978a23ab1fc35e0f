namespace Etcd.Simulation.Checkers;

/// <summary>Kinds of operation on a group of keys.</summary>
internal enum OperationKind
{
    /// <summary>Reads all keys of the group, linearizably.</summary>
    Read,

    /// <summary>Writes one key.</summary>
    Put,

    /// <summary>Writes all keys of the group in one transaction.</summary>
    PutAll,

    /// <summary>Deletes one key.</summary>
    Delete,

    /// <summary>Writes one key if it has an expected value, else reads the group; one transaction.</summary>
    CompareAndSet,

    /// <summary>Any other transaction.</summary>
    Transaction,
}

/// <summary>State of one key as a client sees it.</summary>
/// <param name="Value">Number of the write whose value it has; 0 when the key does not exist.</param>
/// <param name="Version">Writes since the key was created.</param>
/// <param name="ModRevision">Revision of the last write; 0 when the key does not exist, -1 where nobody knows it.</param>
internal readonly record struct KeyState(long Value, long Version, long ModRevision);

/// <summary>One operation of a client, with its result if there was one.</summary>
internal sealed class Operation
{
    public required string Client { get; init; }

    public required int Group { get; init; }

    public required OperationKind Kind { get; init; }

    /// <summary>The key inside the group, for kinds that write one.</summary>
    public int Key { get; init; }

    /// <summary>Number of the value written; each write has its own.</summary>
    public long Value { get; init; }

    /// <summary>Value a compare-and-set expects.</summary>
    public long Expected { get; init; }

    /// <summary>What a transaction is to do.</summary>
    public Transaction? Transaction { get; init; }

    /// <summary>Member it was sent to.</summary>
    public required string Target { get; init; }

    /// <summary>Place of the call in the order of all events.</summary>
    public required long Call { get; init; }

    /// <summary>Place of the return; <see cref="long.MaxValue"/> while nobody knows what became of it.</summary>
    public long Return { get; set; } = long.MaxValue;

    /// <summary>True time of the return.</summary>
    public long ReturnTicks { get; set; }

    /// <summary>Revision of the reply's header: of the write, or of the store a read saw.</summary>
    public long Revision { get; set; }

    /// <summary>Whether a compare-and-set wrote.</summary>
    public bool Succeeded { get; set; }

    /// <summary>Keys a deletion deleted.</summary>
    public long Deleted { get; set; }

    /// <summary>What a transaction did, as its reply says.</summary>
    public TransactionOutcome? Outcome { get; set; }

    /// <summary>Numbers of the values that a transaction wrote, as far as is known.</summary>
    public IReadOnlyList<long> Written { get; set; } = [];

    /// <summary>What a read, or a compare-and-set that did not write, saw of each key.</summary>
    public IReadOnlyList<KeyState> Seen { get; set; } = [];

    /// <summary>Whether the outcome is known.</summary>
    public bool IsKnown => Return != long.MaxValue;

    /// <summary>Whether the operation, as far as is known, changed something.</summary>
    public bool IsAcknowledgedWrite => IsKnown && Kind switch
    {
        OperationKind.Read => false,
        OperationKind.CompareAndSet => Succeeded,
        OperationKind.Delete => Deleted > 0,
        OperationKind.Transaction => Written.Count > 0,
        _ => true,
    };

    public override string ToString()
    {
        string what = Kind switch
        {
            OperationKind.Read => $"read [{string.Join(' ', Seen)}]",
            OperationKind.Put => $"put k{Key}={Value}",
            OperationKind.PutAll => $"put all={Value}",
            OperationKind.Delete => $"delete k{Key} ({Deleted})",
            OperationKind.Transaction => $"{Transaction}: {Outcome?.ToString() ?? string.Join(' ', Written)}",
            _ => $"if k{Key}=={Expected} then k{Key}={Value}: {(Succeeded ? "yes" : $"no [{string.Join(' ', Seen)}]")}",
        };
        string outcome = IsKnown ? $"..{Return} r{Revision}" : "..? ";
        return $"{Client}@{Target} g{Group} {Call}{outcome} {what}";
    }
}
