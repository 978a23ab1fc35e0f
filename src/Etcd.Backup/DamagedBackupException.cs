namespace Etcd.Backup;

/// <summary>A file of a backup directory does not hold what was written into it.</summary>
public sealed class DamagedBackupException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The file.</param>
    /// <param name="offset">Where in it, in bytes.</param>
    /// <param name="reason">What was expected and what was found.</param>
    public DamagedBackupException(string path, long offset, string reason)
        : base($"{path}: damaged at offset {offset}: {reason}")
    {
        Path = path;
        Offset = offset;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Where in it, in bytes.</summary>
    public long Offset { get; }
}
