namespace Etcd.Simulation.Checkers;

/// <summary>What a client knows about one of its leases.</summary>
internal sealed class LeaseRecord
{
    public required long Id { get; init; }

    /// <summary>Time to live that the server has promised.</summary>
    public required TimeSpan Ttl { get; init; }

    /// <summary>Key that hangs on it.</summary>
    public required string Key { get; init; }

    /// <summary>Revision of the write of the key; 0 when that was not acknowledged.</summary>
    public long KeyRevision { get; set; }

    /// <summary>True times at which acknowledged renewals, and the grant, were sent.</summary>
    public List<long> RenewedTicks { get; } = [];

    /// <summary>Whether the client has asked for its revocation, acknowledged or not.</summary>
    public bool IsRevokeAsked { get; set; }

    public override string ToString() => $"lease {Id:x16} of {Ttl.TotalSeconds} s with {Key}";
}
