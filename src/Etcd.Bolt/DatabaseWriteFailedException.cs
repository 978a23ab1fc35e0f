namespace Etcd.Bolt;

/// <summary>An earlier commit failed at a point after which nobody can know what the disk holds, so the database takes no
/// further write. Reads go on; opening the file again finds out which version is durable.</summary>
/// <remarks>After a failed <c>fdatasync</c> the kernel may have dropped the dirty pages and will report the next one as
/// successful, so trying again proves nothing.</remarks>
public sealed class DatabaseWriteFailedException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="file">Path of the database file.</param>
    /// <param name="cause">The failure that left the disk in doubt.</param>
    public DatabaseWriteFailedException(string file, Exception cause)
        : base($"database {file} takes no further writes, since a commit failed with the disk in doubt: {cause.Message}", cause)
    {
        File = file;
    }

    /// <summary>Path of the database file.</summary>
    public string File { get; }
}
