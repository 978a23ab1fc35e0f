namespace Etcd.Mvcc;

/// <summary>One change of one key, shared by all watchers that see it. Immutable; any thread.</summary>
public sealed class KeyEvent
{
    private byte[]? _encodedEvent;
    private byte[]? _encodedEventWithPrevious;

    /// <summary>Creates the event of a change.</summary>
    /// <param name="revision">Revision of the change.</param>
    /// <param name="isDelete">Whether the key was deleted.</param>
    /// <param name="isCreate">Whether the key did not exist before.</param>
    /// <param name="key">The key.</param>
    /// <param name="encodedKeyValue">mvccpb.KeyValue as Event.kv carries it; of a delete: key and mod_revision only.</param>
    public KeyEvent(Revision revision, bool isDelete, bool isCreate, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> encodedKeyValue)
    {
        Revision = revision;
        IsDelete = isDelete;
        IsCreate = isCreate;
        Key = key;
        EncodedKeyValue = encodedKeyValue;
    }

    /// <summary>Revision of the change.</summary>
    public Revision Revision { get; }

    /// <summary>Whether the key was deleted.</summary>
    public bool IsDelete { get; }

    /// <summary>Whether this put brought the key to life, so that there is no previous state.</summary>
    public bool IsCreate { get; }

    /// <summary>The key.</summary>
    public ReadOnlyMemory<byte> Key { get; }

    /// <summary>mvccpb.KeyValue as Event.kv carries it: the stored record, or key and mod_revision of a delete.</summary>
    public ReadOnlyMemory<byte> EncodedKeyValue { get; }

    /// <summary>mvccpb.Event without prev_kv, encoded once for all watchers.</summary>
    public ReadOnlyMemory<byte> EncodedEvent => _encodedEvent ??= EventEncoding.Encode(IsDelete, EncodedKeyValue.Span, default);

    /// <summary>mvccpb.Event with prev_kv, encoded once for all watchers that ask for it.</summary>
    /// <param name="previous">Finds the state before; not asked for a key that did not exist.</param>
    /// <returns>The event without prev_kv when the state before is compacted.</returns>
    public ReadOnlyMemory<byte> EncodedEventWithPrevious(IKeyHistory previous)
    {
        if (IsCreate)
        {
            return EncodedEvent;
        }

        byte[]? encoded = _encodedEventWithPrevious;
        if (encoded is null)
        {
            // Two watchers may both do this; both arrive at the same bytes or, after a compaction, at none.
            if (!previous.TryGetAt(Key.Span, Revision.Main - 1, out ReadOnlyMemory<byte> before))
            {
                return EncodedEvent;
            }

            encoded = EventEncoding.Encode(IsDelete, EncodedKeyValue.Span, before.Span);
            _encodedEventWithPrevious = encoded;
        }

        return encoded;
    }
}
