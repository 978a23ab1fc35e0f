using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>What a get returns, and from when.</summary>
public sealed record GetOptions
{
    /// <summary>Most keys to return; 0: all.</summary>
    public long Limit { get; init; }

    /// <summary>Read the state at this revision; 0: the newest.</summary>
    public long Revision { get; init; }

    /// <summary>Order of the keys; none: as the store has them, by key.</summary>
    public RangeRequest.Types.SortOrder Order { get; init; }

    /// <summary>What to sort by.</summary>
    public RangeRequest.Types.SortTarget SortBy { get; init; }

    /// <summary>Read what the asked member has, without asking the others: quicker, maybe stale.</summary>
    public bool Serializable { get; init; }

    /// <summary>Return keys without values.</summary>
    public bool KeysOnly { get; init; }

    /// <summary>Return the number of keys only.</summary>
    public bool CountOnly { get; init; }

    /// <summary>Only keys last changed at or after this revision; 0: all.</summary>
    public long MinModRevision { get; init; }

    /// <summary>Only keys last changed at or before this revision; 0: all.</summary>
    public long MaxModRevision { get; init; }

    /// <summary>Only keys created at or after this revision; 0: all.</summary>
    public long MinCreateRevision { get; init; }

    /// <summary>Only keys created at or before this revision; 0: all.</summary>
    public long MaxCreateRevision { get; init; }
}
