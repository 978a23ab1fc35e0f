namespace Etcd.Wal;

/// <summary>A log holds bytes that no crash can explain. It is left as it was found; the member must not start on it.</summary>
public sealed class CorruptWalException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">Segment or snapshot file.</param>
    /// <param name="offset">Where in the file, in bytes.</param>
    /// <param name="reason">What was expected and what was found.</param>
    /// <param name="inner">The failure behind it, if any.</param>
    public CorruptWalException(string path, long offset, string reason, Exception? inner = null)
        : base($"{path}: corrupt at offset {offset}: {reason}", inner)
    {
        Path = path;
        Offset = offset;
        Reason = reason;
    }

    /// <summary>Segment or snapshot file.</summary>
    public string Path { get; }

    /// <summary>Where in the file, in bytes.</summary>
    public long Offset { get; }

    /// <summary>What was expected and what was found.</summary>
    public string Reason { get; }
}
