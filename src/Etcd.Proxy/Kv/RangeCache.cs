using System.Diagnostics.CodeAnalysis;

using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;

using Google.Protobuf;

namespace Etcd.Proxy.Kv;

/// <summary>Replies to serializable reads, so that the same question is not asked of the cluster again and again.</summary>
/// <remarks>
/// A write through the proxy drops what it touches. Writes that go around the proxy are not seen: a reply is therefore remembered for
/// <see cref="AgeMax"/> only, which bounds how old a serializable read can be. That of a named revision stays true until the revision is compacted, but not
/// everybody may see it for as long: a user's right may be taken away, and authentication may be switched on. Large replies are not remembered. Safe
/// for concurrent use.
/// </remarks>
internal sealed class RangeCache(TimeProvider time)
{
    /// <summary>Replies remembered at the most; the one unused for longest goes first.</summary>
    internal const int RepliesMax = 2048;

    /// <summary>Bytes of the largest reply remembered: larger ones would cost more memory than they save calls.</summary>
    internal const int ReplyBytesMax = 64 * 1024;

    /// <summary>How long a reply is good.</summary>
    internal static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<ByteString, LinkedListNode<CachedRange>> _byRequest = [];
    private readonly LatestRanges _latest = new();

    // Most recently used first.
    private readonly LinkedList<CachedRange> _recent = new();
    private long _compacted;

    // Time stamp of the last write.
    private long _dropped;

    /// <summary>Replies remembered now.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _byRequest.Count;
            }
        }
    }

    /// <summary>Looks a request up.</summary>
    /// <param name="owner">Whose request it is: what one user may read is no answer to another.</param>
    /// <param name="request">A serializable request.</param>
    /// <param name="reply">The reply; not to be changed.</param>
    internal bool TryFind(string owner, RangeRequest request, [NotNullWhen(true)] out RangeResponse? reply)
    {
        ByteString name = NameOf(owner, request);
        lock (_lock)
        {
            reply = null;
            if (!_byRequest.TryGetValue(name, out LinkedListNode<CachedRange>? node))
            {
                return false;
            }

            if (time.GetElapsedTime(node.Value.Since) > AgeMax)
            {
                Remove(node);
                return false;
            }

            _recent.Remove(node);
            _recent.AddFirst(node);
            reply = node.Value.Reply;
            return true;
        }
    }

    /// <summary>Remembers a reply.</summary>
    /// <param name="owner">Whose request it is.</param>
    /// <param name="request">The request, in its serializable form.</param>
    /// <param name="reply">The reply; not to be changed any more.</param>
    /// <param name="asked">When it was asked for, as a time stamp of the clock: writes since then may be missing in it.</param>
    internal void Remember(string owner, RangeRequest request, RangeResponse reply, long asked)
    {
        if (reply.CalculateSize() > ReplyBytesMax)
        {
            return;
        }

        var range = new CachedRange(NameOf(owner, request), new KeyInterval(request.Key, request.RangeEnd), request.Revision, reply, asked);
        lock (_lock)
        {
            if ((request.Revision > 0 && request.Revision < _compacted) || asked < _dropped)
            {
                return;
            }

            if (_byRequest.TryGetValue(range.Request, out LinkedListNode<CachedRange>? old))
            {
                Remove(old);
            }

            LinkedListNode<CachedRange> added = _byRequest[range.Request] = _recent.AddFirst(range);
            if (range.Revision == 0)
            {
                _latest.Add(added);
            }

            if (_byRequest.Count > RepliesMax)
            {
                Remove(_recent.Last!);
            }
        }
    }

    /// <summary>Forgets what a write has changed.</summary>
    internal void Drop(KeyInterval written)
    {
        lock (_lock)
        {
            // A reply that is on its way may be from before the write.
            _dropped = time.GetTimestamp();
            foreach (LinkedListNode<CachedRange> changed in _latest.Meeting(written))
            {
                Remove(changed);
            }
        }
    }

    /// <summary>Forgets what the cluster has compacted.</summary>
    internal void Compact(long revision)
    {
        lock (_lock)
        {
            _compacted = Math.Max(_compacted, revision);
            RemoveWhere(range => range.Revision > 0 && range.Revision < _compacted);
        }
    }

    private static ByteString NameOf(string owner, RangeRequest request) =>
        ByteString.CopyFrom([.. System.Text.Encoding.UTF8.GetBytes(owner), 0, .. request.ToByteArray()]);

    private void RemoveWhere(Predicate<CachedRange> isGone)
    {
        for (LinkedListNode<CachedRange>? node = _recent.First; node is not null;)
        {
            LinkedListNode<CachedRange>? next = node.Next;
            if (isGone(node.Value))
            {
                Remove(node);
            }

            node = next;
        }
    }

    private void Remove(LinkedListNode<CachedRange> node)
    {
        _recent.Remove(node);
        _byRequest.Remove(node.Value.Request);
        if (node.Value.Revision == 0)
        {
            _latest.Remove(node);
        }
    }
}
