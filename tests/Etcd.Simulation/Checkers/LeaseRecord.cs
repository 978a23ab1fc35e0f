namespace Etcd.Simulation.Checkers;

/// <summary>What a client knows about one of its leases. All times are true ones, in ticks.</summary>
internal sealed class LeaseRecord
{
    public required long Id { get; init; }

    /// <summary>Time to live that the server has promised.</summary>
    public required TimeSpan Ttl { get; init; }

    /// <summary>Key that hangs on it.</summary>
    public required string Key { get; init; }

    /// <summary>Revision of the write of the key; 0 when that was not acknowledged.</summary>
    public long KeyRevision { get; set; }

    /// <summary>When acknowledged renewals, and the grant, were sent.</summary>
    public List<long> RenewedTicks { get; } = [];

    /// <summary>When the client was told that there is no such lease.</summary>
    public List<long> GoneTicks { get; } = [];

    /// <summary>When the client asked for its revocation, acknowledged or not; <see langword="null"/> when it did not.</summary>
    public long? RevokeSentTicks { get; set; }

    /// <summary>When the client was told that it is revoked.</summary>
    public long? RevokedTicks { get; set; }

    public override string ToString() => $"lease {Id:x16} of {Ttl.TotalSeconds} s with {Key}";
}
