namespace Etcd.Simulation.Checkers;

/// <summary>What a transaction did and told, step by step through those nested in it.</summary>
internal sealed class TransactionOutcome : IEquatable<TransactionOutcome>
{
    private readonly List<KeyState> _told = [];

    /// <summary>Branches taken.</summary>
    public List<bool> Path { get; } = [];

    /// <summary>Numbers of the values written.</summary>
    public List<long> Written { get; } = [];

    /// <summary>Keys deleted.</summary>
    public int Deleted { get; private set; }

    /// <summary>Takes a write.</summary>
    /// <param name="value">Number of the value.</param>
    /// <param name="before">The key before it.</param>
    public void AddPut(long value, KeyState before)
    {
        Written.Add(value);
        _told.Add(before);
    }

    /// <summary>Takes a deletion.</summary>
    /// <param name="before">Each key of its range before it.</param>
    public void AddDelete(ReadOnlySpan<KeyState> before)
    {
        foreach (KeyState key in before)
        {
            Deleted += key.Value != 0 ? 1 : 0;
            _told.Add(key);
        }
    }

    /// <summary>Takes a read.</summary>
    /// <param name="seen">Each key of the group.</param>
    public void AddRead(ReadOnlySpan<KeyState> seen) => _told.AddRange(seen);

    public bool Equals(TransactionOutcome? other) =>
        other is not null && Path.SequenceEqual(other.Path) && Written.SequenceEqual(other.Written) && _told.SequenceEqual(other._told);

    public override bool Equals(object? obj) => Equals(obj as TransactionOutcome);

    public override int GetHashCode() => HashCode.Combine(Path.Count, Written.Count, _told.Count);

    public override string ToString() => $"{string.Join(' ', Path.Select(static branch => branch ? "then" : "else"))} [{string.Join(' ', _told)}]";
}
