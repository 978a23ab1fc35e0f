namespace Etcd.Disk;

/// <summary>Kinds of advisory lock between processes. They are the kinds real etcd takes, so that it and this
/// implementation never open the same files together.</summary>
public enum FileLock
{
    /// <summary><c>flock</c>, exclusive: what bbolt takes on a database it writes.</summary>
    FlockExclusive,

    /// <summary><c>flock</c>, shared: what bbolt takes on a database it only reads.</summary>
    FlockShared,

    /// <summary>Open-file-description <c>fcntl</c> write lock over the whole file: what etcd takes on WAL segments.</summary>
    OpenFileDescription,
}
