using System.Diagnostics.CodeAnalysis;

using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;

using Google.Protobuf;

namespace Etcd.Proxy.Leasing;

/// <summary>The keys that a session of the proxy owns, and what reads of them answer. Safe for concurrent use.</summary>
/// <remarks>
/// An answer is kept only while nothing can have changed the key: from a read that began after the last write through this proxy had ended, to the
/// next such write. Nobody else writes an owned key. A place is there before the cluster is asked for ownership, so that a write or a revocation that
/// overtakes the answer leaves its mark.
/// </remarks>
internal sealed class OwnedKeys(TimeProvider time)
{
    /// <summary>Keys owned at the most. Beyond it, one is given up for each that comes.</summary>
    internal const int KeysMax = 64 * 1024;

    /// <summary>Bytes of all answers at the most.</summary>
    internal const long AnswerBytesMax = 256L * 1024 * 1024;

    /// <summary>How long a key that others want, or that cannot be owned, is left alone: etcd's own pause.</summary>
    internal static readonly TimeSpan PauseTime = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<ByteString, OwnedKey> _keys = [];

    // The same keys, the one that came first in front.
    private readonly LinkedList<ByteString> _order = [];

    // When keys were lost, as time stamps of the clock.
    private readonly Dictionary<ByteString, long> _lost = [];
    private long _answerBytes;

    /// <summary>Looks an answer up.</summary>
    internal bool TryAnswer(ByteString key, [NotNullWhen(true)] out RangeResponse? answer)
    {
        lock (_lock)
        {
            answer = _keys.GetValueOrDefault(key)?.Answer;
            return answer is not null;
        }
    }

    /// <summary>Begins a read of the cluster.</summary>
    /// <returns><see langword="null"/> for one whose answer could not be kept: the key is written, asked for, or not to be owned just now.</returns>
    internal OwnedKeyRead? BeginRead(ByteString key)
    {
        lock (_lock)
        {
            if (_keys.TryGetValue(key, out OwnedKey? known))
            {
                return known.Since == 0 || known.Writes > 0 ? null : new OwnedKeyRead(key, known, known.Version, IsAcquisition: false);
            }

            if (_lost.TryGetValue(key, out long when))
            {
                if (time.GetElapsedTime(when) < PauseTime)
                {
                    return null;
                }

                _lost.Remove(key);
            }

            var owned = new OwnedKey { Place = _order.AddLast(key) };
            _keys[key] = owned;
            return new OwnedKeyRead(key, owned, owned.Version, IsAcquisition: true);
        }
    }

    /// <summary>The cluster has answered a read.</summary>
    /// <param name="read">The read.</param>
    /// <param name="since">The revision that made the key the proxy's; unused where it was so before.</param>
    /// <param name="answer">What it answered; not to be changed any more.</param>
    /// <returns>Whether the key is still the proxy's.</returns>
    internal bool Complete(OwnedKeyRead read, long since, RangeResponse answer)
    {
        lock (_lock)
        {
            if (!IsPlaced(read.Key, read.Owned))
            {
                return false;
            }

            if (read.IsAcquisition)
            {
                read.Owned.Since = since;
            }

            // The cluster deletes keys with a lease by itself.
            bool isLasting = answer.Kvs.All(pair => pair.Lease == 0);
            if (isLasting && read.Owned.Version == read.Version)
            {
                SetAnswer(read.Owned, answer);
            }

            return true;
        }
    }

    /// <summary>The key did not become the proxy's.</summary>
    internal void Abandon(OwnedKeyRead read)
    {
        lock (_lock)
        {
            if (read.IsAcquisition && IsPlaced(read.Key, read.Owned))
            {
                Remove(read.Key, read.Owned);
                BeginPause(read.Key);
            }
        }
    }

    /// <summary>Takes the key out that has been owned for the longest, where there are more than there may be.</summary>
    /// <param name="key">The key.</param>
    /// <param name="since">The revision that had made it the proxy's.</param>
    internal bool TryTakeSurplus([NotNullWhen(true)] out ByteString? key, out long since)
    {
        lock (_lock)
        {
            if (_keys.Count > KeysMax || _answerBytes > AnswerBytesMax)
            {
                for (LinkedListNode<ByteString>? place = _order.First; place is not null; place = place.Next)
                {
                    OwnedKey owned = _keys[place.Value];
                    if (owned.Since > 0)
                    {
                        (key, since) = (place.Value, owned.Since);
                        Remove(place.Value, owned);
                        return true;
                    }
                }
            }

            (key, since) = (null, 0);
            return false;
        }
    }

    /// <summary>The key is no longer the proxy's, unless it has become so again.</summary>
    /// <param name="key">The key.</param>
    /// <param name="revision">The revision at which it was lost.</param>
    internal void Lose(ByteString key, long revision)
    {
        lock (_lock)
        {
            if (_keys.TryGetValue(key, out OwnedKey? owned) && owned.Since < revision)
            {
                Remove(key, owned);
            }

            BeginPause(key);
        }
    }

    /// <summary>Begins a write: what is known of the keys is forgotten, and nothing is kept until the write has been disposed of.</summary>
    internal OwnedKeyWrite BeginWrite(IReadOnlyList<KeyInterval> written) => new(this, written);

    /// <summary>Adds the keys of a write that have come since to it.</summary>
    internal void Mark(IReadOnlyList<KeyInterval> written, Dictionary<ByteString, OwnedKey> marked)
    {
        lock (_lock)
        {
            foreach (KeyInterval interval in written)
            {
                if (!interval.IsOne)
                {
                    foreach ((ByteString key, OwnedKey owned) in _keys)
                    {
                        if (interval.Meets(new KeyInterval(key, ByteString.Empty)))
                        {
                            Mark(key, owned, marked);
                        }
                    }
                }
                else if (_keys.TryGetValue(interval.Start, out OwnedKey? owned))
                {
                    Mark(interval.Start, owned, marked);
                }
            }
        }
    }

    /// <summary>A write has ended.</summary>
    internal void Unmark(Dictionary<ByteString, OwnedKey> marked)
    {
        lock (_lock)
        {
            foreach (OwnedKey owned in marked.Values)
            {
                owned.Writes--;
            }
        }
    }

    /// <summary>Takes out the keys of a write of which nobody knows whether it was, or will be, carried out.</summary>
    /// <returns>The keys, and the revisions that had made them the proxy's.</returns>
    internal IReadOnlyList<(ByteString Key, long Since)> Take(Dictionary<ByteString, OwnedKey> marked)
    {
        var taken = new List<(ByteString Key, long Since)>();
        lock (_lock)
        {
            foreach ((ByteString key, OwnedKey owned) in marked)
            {
                if (IsPlaced(key, owned))
                {
                    Remove(key, owned);
                    taken.Add((key, owned.Since));
                }
            }
        }

        return taken;
    }

    private void Mark(ByteString key, OwnedKey owned, Dictionary<ByteString, OwnedKey> marked)
    {
        if (marked.TryGetValue(key, out OwnedKey? before))
        {
            if (before == owned)
            {
                return;
            }

            // Lost and come back meanwhile.
            before.Writes--;
        }

        marked[key] = owned;
        owned.Writes++;
        owned.Version++;
        SetAnswer(owned, null);
    }

    private bool IsPlaced(ByteString key, OwnedKey owned) => _keys.TryGetValue(key, out OwnedKey? placed) && placed == owned;

    private void SetAnswer(OwnedKey owned, RangeResponse? answer)
    {
        _answerBytes -= owned.AnswerBytes;
        owned.Answer = answer;
        owned.AnswerBytes = answer?.CalculateSize() ?? 0;
        _answerBytes += owned.AnswerBytes;
    }

    private void Remove(ByteString key, OwnedKey owned)
    {
        SetAnswer(owned, null);
        _keys.Remove(key);
        _order.Remove(owned.Place);
    }

    private void BeginPause(ByteString key)
    {
        if (_lost.Count >= KeysMax)
        {
            // A pause that is cut short costs a question more, nothing else.
            _lost.Clear();
        }

        _lost[key] = time.GetTimestamp();
    }
}
