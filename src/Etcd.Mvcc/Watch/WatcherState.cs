namespace Etcd.Mvcc.Watch;

/// <summary>Where a watcher gets its events from.</summary>
internal enum WatcherState
{
    /// <summary>From nowhere: it waits for a catch-up round.</summary>
    Behind,

    /// <summary>From nowhere: its stream is full, and it waits until the sender has drained it.</summary>
    Parked,

    /// <summary>From history, in the round that is running.</summary>
    CatchingUp,

    /// <summary>From history, in the round that is running, up to the newest revision; what is published meanwhile is held for it.</summary>
    Joining,

    /// <summary>From the apply thread, as it is published.</summary>
    Live,

    /// <summary>From nowhere, for good.</summary>
    Ended,
}
