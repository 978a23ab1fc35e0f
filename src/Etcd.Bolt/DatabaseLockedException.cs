namespace Etcd.Bolt;

/// <summary>Another process, or another <see cref="BoltDatabase"/> of this one, has the file open.</summary>
public sealed class DatabaseLockedException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="file">Path of the database file.</param>
    public DatabaseLockedException(string file)
        : base($"database {file} is locked by another process")
    {
        File = file;
    }

    /// <summary>Path of the database file.</summary>
    public string File { get; }
}
