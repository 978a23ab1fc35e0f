using System.Net;
using System.Net.Security;

namespace Etcd.Peer;

/// <summary>How a member speaks HTTP to the others. The defaults are etcd's, but for time limits that etcd leaves open.</summary>
public sealed record HttpPeerOptions
{
    /// <summary>Version this member announces, in full (<c>3.5.30</c>).</summary>
    public required string ServerVersion { get; init; }

    /// <summary>Oldest version of others this member works with, in full.</summary>
    public string ClusterVersionMin { get; init; } = "3.0.0";

    /// <summary>The cluster's election time-out; a dial may take one second longer.</summary>
    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What every member reckons with unless it was told otherwise: signs of life go out three times as often.</summary>
    public static readonly TimeSpan IdleTimeoutDefault = TimeSpan.FromSeconds(5);

    /// <summary>Silence after which a stream is given up that this member reads (<c>--raft-read-timeout</c>).</summary>
    public TimeSpan IdleTimeout { get; init; } = IdleTimeoutDefault;

    /// <summary>Standstill after which a stream is given up that this member writes (<c>--raft-write-timeout</c>).</summary>
    public TimeSpan WriteTimeout { get; init; } = IdleTimeoutDefault;

    /// <summary>Time between two signs of life: a third of what the others wait, however long this member does.</summary>
    internal TimeSpan SignOfLifeInterval => (IdleTimeout < IdleTimeoutDefault ? IdleTimeout : IdleTimeoutDefault) / 3;

    /// <summary>Least time between two attempts to open the same stream.</summary>
    public TimeSpan RedialInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Time between two probes of the same member.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long a post of one message may take; an older one is worth nothing to raft.</summary>
    public TimeSpan PostTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a snapshot's file may stand still on the way before the transfer is given up.</summary>
    public TimeSpan SnapshotStallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the receiver of a snapshot may take to store it and answer.</summary>
    public TimeSpan SnapshotAnswerTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Messages that wait for one stream; further ones are dropped.</summary>
    public int StreamQueueMax { get; init; } = 4096;

    /// <summary>Messages to one member that wait to be posted while no stream is open; further ones are dropped.</summary>
    public int PipelineQueueMax { get; init; } = 64;

    /// <summary>Posts to one member at once.</summary>
    public int PipelinePosters { get; init; } = 4;

    /// <summary>Snapshots on their way at once; further ones fail.</summary>
    public int SnapshotSendsMax { get; init; } = 16;

    /// <summary>Senders outside the membership that are remembered for an answer; further ones are not answered.</summary>
    public int RemotesMax { get; init; } = 64;

    /// <summary>Makes the TLS settings for one connection to an https URL; called for each, so that renewed certificates take effect.
    /// <see langword="null"/>: the system's trust and no client certificate. Protocols other than HTTP/1.1 are never offered.</summary>
    public Func<SslClientAuthenticationOptions>? TlsOptions { get; init; }

    /// <summary>Address of this machine that connections to TCP peer URLs come from; <see langword="null"/> leaves it to the system. Members that check
    /// where a peer comes from want one that its certificate names. A URL of the other address family cannot be reached with it.</summary>
    public IPAddress? LocalAddress { get; init; }
}
