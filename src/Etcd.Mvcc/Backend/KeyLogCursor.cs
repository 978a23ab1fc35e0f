namespace Etcd.Mvcc;

/// <summary>Goes through the changes of bucket <c>key</c> that are not in the file, as they stood when it was made.</summary>
internal sealed class KeyLogCursor
{
    private readonly KeyLog[] _logs;
    private readonly int[] _ends;
    private readonly byte[] _key = new byte[Revision.TombstoneSizeBytes];
    private int _log;
    private int _at;
    private int _keyBytes;

    public KeyLogCursor(BackendState state, ReadOnlySpan<byte> from)
    {
        _logs = state.Committing is null ? [state.Active.Keys] : [state.Committing.Keys, state.Active.Keys];
        _ends = [.. _logs.Select(log => log.Count)];
        Revision first = Revision.TryRead(from, out Revision revision, out _) ? revision : default;
        while (_log < _logs.Length && (_at = _logs[_log].PositionOf(first)) >= _ends[_log])
        {
            _log++;
        }

        _at--;
    }

    /// <summary>The key as the file will have it.</summary>
    public ReadOnlySpan<byte> Key => _key.AsSpan(0, _keyBytes);

    /// <summary>The record.</summary>
    public ReadOnlySpan<byte> Value => _logs[_log][_at].Record;

    /// <summary>Goes to the next change.</summary>
    public bool MoveNext()
    {
        if (_log == _logs.Length)
        {
            return false;
        }

        _at++;
        while (_at >= _ends[_log])
        {
            _at = 0;
            if (++_log == _logs.Length)
            {
                return false;
            }
        }

        ref readonly KeyLog.Entry entry = ref _logs[_log][_at];
        _keyBytes = entry.Revision.WriteTo(_key, entry.IsTombstone);
        return true;
    }
}
