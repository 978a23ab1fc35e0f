using System.Text;

using Etcd.Mvcc.Tests.Store;
using Etcd.Mvcc.Watch;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Mvcc.Tests.Watch;

/// <summary>A store that is nothing but its history, in memory. One thread writes and publishes as the real store does; any
/// thread reads.</summary>
internal sealed class MemoryHistory : IWatchHistory
{
    private readonly Lock _lock = new();
    private readonly List<IReadOnlyList<KeyEvent>> _revisions = [[], []];    // index = main revision; 0 and 1 hold nothing
    private readonly Dictionary<string, SortedList<long, KeyValue?>> _states = [];
    private long _current = 1;
    private long _compacted;

    public IEventSink? Sink { get; set; }

    /// <summary>A real store that takes the same writes and compactions; it publishes then, and this one is the model only.</summary>
    public StoreBench? Mirror { get; set; }

    /// <summary>Runs in the middle of a read, after it has seen the state it reads from.</summary>
    public Action? DuringRead { get; set; }

    public int Reads { get; private set; }

    public long CurrentRevision => Volatile.Read(ref _current);

    public long CompactRevision => Volatile.Read(ref _compacted);

    public long Put(string key, string value = "v") => Write((key, value));

    public long Delete(string key) => Write((key, null));

    /// <summary>One write transaction; a null value deletes.</summary>
    public long Write(params (string Key, string? Value)[] changes)
    {
        long revision = CurrentRevision + 1;
        var events = new List<KeyEvent>();
        lock (_lock)
        {
            foreach ((string key, string? value) in changes)
            {
                events.Add(Apply(key, value, new Revision(revision, events.Count)));
            }

            _revisions.Add(events);
        }

        // As the store: readable first, then the look at whether events are wanted, with a full fence between.
        Interlocked.Exchange(ref _current, revision);
        if (Mirror is not null)
        {
            Assert.Equal(revision, MirrorWrite(Mirror, changes));
        }
        else if (Sink is { IsWanted: true } sink)
        {
            sink.Publish(revision, events);
        }

        return revision;
    }

    public void Compact(long revision)
    {
        if (revision > CompactRevision)
        {
            Interlocked.Exchange(ref _compacted, revision);
            Mirror?.Compact(revision);
        }
    }

    public IReadOnlyList<KeyEvent> EventsOf(long revision)
    {
        lock (_lock)
        {
            return _revisions[(int)revision];
        }
    }

    /// <summary>State of a key at a revision, whatever was compacted; <see langword="null"/> when it did not exist.</summary>
    public KeyValue? StateAt(string key, long revision)
    {
        lock (_lock)
        {
            return _states.TryGetValue(key, out var states) ? states.LastOrDefault(state => state.Key <= revision).Value : null;
        }
    }

    public bool TryReadEvents(
        long fromRevision,
        long toRevision,
        KeyFilter filter,
        long bytesMax,
        List<KeyEvent> events,
        out long lastRevision)
    {
        Reads++;
        lastRevision = fromRevision;
        if (fromRevision < CompactRevision)
        {
            return false;
        }

        Assert.InRange(toRevision, fromRevision, CurrentRevision);
        long bytes = 0;
        for (long revision = fromRevision; revision <= toRevision && bytes < bytesMax; revision++)
        {
            lastRevision = revision;
            foreach (KeyEvent change in EventsOf(revision))
            {
                bytes += change.Key.Length + change.EncodedKeyValue.Length;
                if (filter(change.Key.Span))
                {
                    // The store makes new events for each read of history.
                    events.Add(new KeyEvent(change.Revision, change.IsDelete, change.IsCreate, change.Key, change.EncodedKeyValue));
                }
            }
        }

        DuringRead?.Invoke();
        return true;
    }

    public bool TryGetAt(ReadOnlySpan<byte> key, long revision, out ReadOnlyMemory<byte> encodedKeyValue)
    {
        KeyValue? found = revision < CompactRevision ? null : StateAt(Encoding.UTF8.GetString(key), revision);
        encodedKeyValue = found is null ? default : found.ToByteArray();
        return found is not null;
    }

    private static long MirrorWrite(StoreBench mirror, (string Key, string? Value)[] changes)
    {
        var request = new TxnRequest();
        foreach ((string key, string? value) in changes)
        {
            request.Success.Add(value is null
                ? new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = StoreBench.Bytes(key) } }
                : new RequestOp { RequestPut = new PutRequest { Key = StoreBench.Bytes(key), Value = StoreBench.Bytes(value) } });
        }

        return mirror.Txn(request).Header.Revision;
    }

    private KeyEvent Apply(string key, string? value, Revision revision)
    {
        SortedList<long, KeyValue?> states = _states.TryGetValue(key, out var found) ? found : _states[key] = [];
        KeyValue? before = states.Count == 0 ? null : states.Values[^1];
        KeyValue after = value is null
            ? new KeyValue { Key = ByteString.CopyFromUtf8(key), ModRevision = revision.Main }
            : new KeyValue
            {
                Key = ByteString.CopyFromUtf8(key),
                CreateRevision = before?.CreateRevision ?? revision.Main,
                ModRevision = revision.Main,
                Version = (before?.Version ?? 0) + 1,
                Value = ByteString.CopyFromUtf8(value),
            };
        states[revision.Main] = value is null ? null : after;
        return new KeyEvent(revision, value is null, value is not null && before is null, Encoding.UTF8.GetBytes(key), after.ToByteArray());
    }
}
