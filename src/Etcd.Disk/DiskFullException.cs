namespace Etcd.Disk;

/// <summary>The disk has no space left for a write (ENOSPC or EDQUOT).</summary>
public sealed class DiskFullException : IOException
{
    /// <summary>Creates the exception for <paramref name="path"/>.</summary>
    /// <param name="path">File that could not be written.</param>
    /// <param name="inner">The failure reported by the system, if any.</param>
    public DiskFullException(string path, Exception? inner = null)
        : base($"no space left on device: {path}", inner)
    {
        Path = path;
    }

    /// <summary>File that could not be written.</summary>
    public string Path { get; }
}
