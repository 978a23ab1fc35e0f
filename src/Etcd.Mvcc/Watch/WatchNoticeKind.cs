namespace Etcd.Mvcc.Watch;

/// <summary>What a <see cref="WatchNotice"/> tells.</summary>
public enum WatchNoticeKind
{
    /// <summary>The watcher exists; the first notice of each watcher.</summary>
    Created,

    /// <summary>A watcher could not be created: both created and canceled, watch id -1, with a reason.</summary>
    Refused,

    /// <summary>Events, in order; a revision is whole unless the notice is a fragment.</summary>
    Events,

    /// <summary>Everything up to the revision was delivered: to the watcher, or with watch id -1 to all of the stream.</summary>
    Progress,

    /// <summary>The client cancelled the watcher; its last notice.</summary>
    Canceled,

    /// <summary>The next revision the watcher needs is compacted; its last notice.</summary>
    Compacted,
}
