using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>Where a watch stands: what it has reported, so that a new stream begins right after it.</summary>
/// <remarks>The next revision never goes back (etcd incident #15271: a watch that resumed on a lagging member reported the past again).</remarks>
internal sealed class WatchPosition(long startRevision)
{
    private WatchResponse? _fragments;

    /// <summary>First revision that has not been reported; 0: not known yet, whatever is next.</summary>
    public long NextRevision { get; private set; } = startRevision;

    /// <summary>A new stream begins: parts of a message whose rest got lost are void, since they come again.</summary>
    public void BeginStream() => _fragments = null;

    /// <summary>The server confirmed the watch at its revision.</summary>
    public void Created(WatchResponse reply)
    {
        if (NextRevision == 0)
        {
            NextRevision = reply.Header.Revision + 1;
        }
    }

    /// <summary>Takes a message.</summary>
    /// <returns>What to report; <see langword="null"/> when nothing, or when more parts follow.</returns>
    public WatchResponse? Take(WatchResponse reply)
    {
        if (reply.Events.Count == 0 && !reply.Fragment && _fragments is null)
        {
            return TakeProgress(reply);
        }

        WatchResponse whole = Join(reply);
        if (reply.Fragment)
        {
            _fragments = whole;
            return null;
        }

        _fragments = null;
        DropReported(whole);
        if (whole.Events.Count == 0)
        {
            return null;
        }

        NextRevision = whole.Events[^1].Kv.ModRevision + 1;
        return whole;
    }

    private WatchResponse? TakeProgress(WatchResponse reply)
    {
        // Everything up to this revision has been reported. A mark from a lagging member says nothing new.
        if (reply.Header.Revision + 1 < NextRevision)
        {
            return null;
        }

        NextRevision = reply.Header.Revision + 1;
        return reply;
    }

    private WatchResponse Join(WatchResponse reply)
    {
        if (_fragments is null)
        {
            return reply;
        }

        _fragments.Events.Add(reply.Events);
        _fragments.Fragment = reply.Fragment;
        _fragments.Header = reply.Header;
        return _fragments;
    }

    private void DropReported(WatchResponse whole)
    {
        int old = 0;
        foreach (Event change in whole.Events)
        {
            if (change.Kv.ModRevision >= NextRevision)
            {
                break;
            }

            old++;
        }

        if (old > 0)
        {
            // One move of the rest, however many are dropped.
            Event[] rest = [.. whole.Events.Skip(old)];
            whole.Events.Clear();
            whole.Events.Add(rest);
        }
    }
}
