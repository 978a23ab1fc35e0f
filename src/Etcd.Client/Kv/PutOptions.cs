namespace Etcd.Client;

/// <summary>How a put treats the key's lease and what it returns.</summary>
public sealed record PutOptions
{
    /// <summary>Lease to hang the key on; 0: none, which also takes the key off the lease it had.</summary>
    public long Lease { get; init; }

    /// <summary>Return the key as it was before.</summary>
    public bool PreviousKeyValue { get; init; }

    /// <summary>Keep the value the key has; the given value must be empty, and the key must exist.</summary>
    public bool IgnoreValue { get; init; }

    /// <summary>Keep the lease the key has; <see cref="Lease"/> must be 0, and the key must exist.</summary>
    public bool IgnoreLease { get; init; }
}
