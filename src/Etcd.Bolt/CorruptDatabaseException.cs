namespace Etcd.Bolt;

/// <summary>The database file does not hold what its format demands. Nothing has been changed.</summary>
public sealed class CorruptDatabaseException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="file">Path of the database file.</param>
    /// <param name="offset">Byte offset in the file where the wrong bytes are.</param>
    /// <param name="expected">What should be there.</param>
    /// <param name="found">What is there.</param>
    public CorruptDatabaseException(string file, long offset, string expected, string found)
        : base($"corrupt database {file}: at offset {offset} expected {expected}, found {found}")
    {
        File = file;
        Offset = offset;
        Expected = expected;
        Found = found;
    }

    /// <summary>Path of the database file.</summary>
    public string File { get; }

    /// <summary>Byte offset in the file where the wrong bytes are.</summary>
    public long Offset { get; }

    /// <summary>What should be there.</summary>
    public string Expected { get; }

    /// <summary>What is there.</summary>
    public string Found { get; }
}
