using System.Collections.Concurrent;

using Etcd.Protocol.Replication;
using Etcd.Raft;

using Google.Protobuf;

namespace Etcd.Server.Leases;

/// <summary>Leases whose end their leader has proposed and not applied yet. A keep-alive of any other lease need not wait for apply: no end of it
/// can have been acknowledged anywhere.</summary>
/// <remarks>
/// The loop tells of an end right before it puts it into the leader's log, its own as well as a forwarded one, and of the end of the leadership: the
/// two cannot overtake each other, and nobody can acknowledge an end before. What earlier terms left is applied before the leases are the
/// leader's to renew. A proposal that came to nothing stays here until the leadership ends; its lease is then renewed the slower way, which is
/// always right. Lookups are for any thread.
/// </remarks>
internal sealed class RevokesUnderWay
{
    /// <summary>Leases that are told apart; with more, every lease counts as about to end.</summary>
    private const int LeasesMax = 100_000;

    /// <summary>First byte of an encoded <see cref="InternalRaftRequest"/> that ends a lease.</summary>
    private const byte RevokeTag = 0x4a;

    // Each with its request that was proposed last: that one is applied last, too. Earlier ones may be left from earlier terms.
    private readonly ConcurrentDictionary<long, ulong> _leases = new();
    private volatile bool _hasTooMany;

    /// <summary>Whether the end of a lease may be under way.</summary>
    internal bool Includes(long id) => _hasTooMany || _leases.ContainsKey(id);

    /// <summary>This member's own request goes into the log. The loop.</summary>
    internal void Proposing(InternalRaftRequest? request)
    {
        if (request?.LeaseRevoke is { } revocation)
        {
            Add(revocation.ID, request.Header?.ID ?? 0);
        }
    }

    /// <summary>Requests that a member has forwarded go into the log. The loop.</summary>
    internal void Proposing(ReadOnlySpan<Entry> entries)
    {
        foreach (ref readonly Entry entry in entries)
        {
            if (entry.Type == EntryType.Normal && !entry.Data.IsEmpty && entry.Data.Span[0] == RevokeTag)
            {
                Proposing(TryParse(entry.Data.Span));
            }
        }
    }

    /// <summary>The end of a lease has been applied. Whoever applies.</summary>
    /// <param name="id">The lease.</param>
    /// <param name="requestId">The request that ended it.</param>
    internal void Applied(long id, ulong requestId) => _leases.TryRemove(KeyValuePair.Create(id, requestId));

    /// <summary>This member does not lead any more. The loop.</summary>
    internal void Clear()
    {
        _leases.Clear();
        _hasTooMany = false;
    }

    private static InternalRaftRequest? TryParse(ReadOnlySpan<byte> encoded)
    {
        try
        {
            return InternalRaftRequest.Parser.ParseFrom(encoded);
        }
        catch (InvalidProtocolBufferException)
        {
            // Whatever it is, it ends no lease; apply says what is wrong with it.
            return null;
        }
    }

    private void Add(long id, ulong requestId)
    {
        if (_leases.Count >= LeasesMax)
        {
            _hasTooMany = true;
            return;
        }

        _leases[id] = requestId;
    }
}
