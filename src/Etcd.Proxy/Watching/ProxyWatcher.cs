using Etcd.Protocol.Rpc;

namespace Etcd.Proxy.Watching;

/// <summary>One watcher of one client.</summary>
/// <param name="id">Its id on the client's stream.</param>
/// <param name="key">What it is about.</param>
/// <param name="startRevision">The first revision it wants; 0 for what is next.</param>
/// <param name="outbox">Where its messages go.</param>
/// <param name="over">Told when the cluster ends it, before the client is: its id is free then.</param>
/// <remarks>All but the constructor belongs to <see cref="WatchCoalescing"/>, under its lock.</remarks>
internal sealed class ProxyWatcher(long id, WatchKey key, long startRevision, WatchOutbox outbox, Action<long, ProxyWatcher> over)
{
    /// <summary>What it is about.</summary>
    internal WatchKey Key => key;

    /// <summary>The first revision it has not been told of; 0 until its watch stands.</summary>
    internal long NextRevision { get; private set; } = startRevision;

    /// <summary>The watch of the cluster that feeds it.</summary>
    internal UpstreamWatch? Source { get; set; }

    /// <summary>Whether the client has been told that it exists.</summary>
    internal bool IsCreated { get; private set; }

    /// <summary>Tells the client that the watcher exists.</summary>
    /// <param name="header">The cluster and the revision at which it stands.</param>
    internal void Created(ResponseHeader header)
    {
        if (IsCreated)
        {
            return;
        }

        IsCreated = true;
        NextRevision = NextRevision == 0 ? header.Revision + 1 : NextRevision;
        outbox.Post(new WatchResponse { Header = header, WatchId = id, Created = true });
    }

    /// <summary>Tells the client what happened, as far as it does not know it.</summary>
    /// <returns>How many events it got.</returns>
    internal int Tell(WatchResponse news)
    {
        if (news.Events.Count == 0)
        {
            if (news.Header.Revision + 1 >= NextRevision)
            {
                outbox.Post(new WatchResponse { Header = news.Header, WatchId = id });
            }

            return 0;
        }

        int known = 0;
        while (known < news.Events.Count && news.Events[known].Kv.ModRevision < NextRevision)
        {
            known++;
        }

        if (known == news.Events.Count)
        {
            return 0;
        }

        var message = new WatchResponse { Header = news.Header, WatchId = id };
        message.Events.Add(known == 0 ? news.Events : news.Events.Skip(known));
        NextRevision = news.Events[^1].Kv.ModRevision + 1;
        outbox.Post(message);
        return message.Events.Count;
    }

    /// <summary>Tells the client that the watcher is over.</summary>
    internal void Canceled(WatchResponse last)
    {
        over(id, this);
        long name = IsCreated ? id : -1;
        outbox.Post(new WatchResponse
        {
            Header = last.Header,
            WatchId = name,
            Created = !IsCreated,
            Canceled = true,
            CancelReason = last.CancelReason,
            CompactRevision = last.CompactRevision,
        });
    }

    /// <summary>The stream cannot go on.</summary>
    internal void Failed(Exception failure) => outbox.Fail(failure);
}
