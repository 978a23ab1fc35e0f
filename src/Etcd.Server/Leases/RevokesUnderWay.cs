using System.Collections.Concurrent;

using Etcd.Protocol.Replication;
using Etcd.Raft;

using Google.Protobuf;

namespace Etcd.Server.Leases;

/// <summary>Leases whose end has been proposed and not applied yet, as their leader knows them. A keep-alive of any other lease need not wait for
/// apply: no end of it can have been acknowledged anywhere.</summary>
/// <remarks>
/// A leader sees every proposal of its term before anybody can acknowledge it: its own, and those that members forward. What earlier terms left is
/// applied before the leases are its to renew. A proposal that came to nothing stays here until the leadership ends; its lease is then renewed the
/// slower way, which is always right. Any thread.
/// </remarks>
internal sealed class RevokesUnderWay
{
    /// <summary>Leases that are told apart; with more, every lease counts as about to end.</summary>
    private const int LeasesMax = 100_000;

    /// <summary>First byte of an encoded <see cref="InternalRaftRequest"/> that ends a lease.</summary>
    private const byte RevokeTag = 0x4a;

    private readonly ConcurrentDictionary<long, int> _leases = new();
    private volatile bool _hasTooMany;

    /// <summary>Whether the end of a lease may be under way.</summary>
    internal bool Includes(long id) => _hasTooMany || _leases.ContainsKey(id);

    /// <summary>The end of a lease is about to be proposed.</summary>
    internal void Began(long id)
    {
        if (_leases.Count >= LeasesMax)
        {
            _hasTooMany = true;
            return;
        }

        _leases.AddOrUpdate(id, 1, static (_, count) => count + 1);
    }

    /// <summary>A member has forwarded proposals.</summary>
    internal void Forwarded(RaftMessage message)
    {
        foreach (ref readonly Entry entry in message.Entries.Span)
        {
            if (entry.Type == EntryType.Normal && !entry.Data.IsEmpty && entry.Data.Span[0] == RevokeTag)
            {
                Began(entry.Data);
            }
        }
    }

    /// <summary>The end of a lease has been applied.</summary>
    internal void Applied(long id)
    {
        while (_leases.TryGetValue(id, out int count))
        {
            if (count > 1 ? _leases.TryUpdate(id, count - 1, count) : _leases.TryRemove(KeyValuePair.Create(id, count)))
            {
                return;
            }
        }
    }

    /// <summary>This member does not lead any more.</summary>
    internal void Clear()
    {
        _leases.Clear();
        _hasTooMany = false;
    }

    private void Began(ReadOnlyMemory<byte> encoded)
    {
        try
        {
            if (InternalRaftRequest.Parser.ParseFrom(encoded.Span).LeaseRevoke is { } revocation)
            {
                Began(revocation.ID);
            }
        }
        catch (InvalidProtocolBufferException)
        {
            // Whatever it is, it ends no lease; apply says what is wrong with it.
        }
    }
}
