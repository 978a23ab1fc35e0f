namespace Etcd.Hosting.Tls;

/// <summary>Something read from files that may be renewed while the member runs. Whether they were is looked at on each use; what was read
/// last stays in use while the new files cannot be read, so that a half-written renewal refuses nobody.</summary>
/// <typeparam name="T">What is read.</typeparam>
internal sealed class ReloadedFiles<T>
    where T : class
{
    private readonly Lock _lock = new();
    private readonly string[] _paths;
    private readonly Func<T> _read;
    private readonly TlsLog _log;

    // One reference, so that who sees the stamps of the new files sees what was read from them, too.
    private volatile Reading _last;

    /// <summary>Reads the files the first time.</summary>
    /// <param name="paths">The files.</param>
    /// <param name="read">Reads all of them.</param>
    /// <param name="log">Where renewals are told.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A file has not what it should have.</exception>
    public ReloadedFiles(IEnumerable<string> paths, Func<T> read, TlsLog log)
    {
        _paths = [.. paths];
        _read = read;
        _log = log;
        FileStamp[] stamps = Stamps();
        _last = new Reading(stamps, read());
    }

    /// <summary>What the files have now.</summary>
    public T Value
    {
        get
        {
            FileStamp[] stamps = Stamps();
            Reading last = _last;
            return last.IsOf(stamps) ? last.Value : Renew(stamps);
        }
    }

    private T Renew(FileStamp[] stamps)
    {
        lock (_lock)
        {
            Reading last = _last;
            if (last.IsOf(stamps))
            {
                return last.Value;
            }

            // Each state of the files is read once, so that broken ones cost one line and not one for each connection.
            T value = last.Value;
            try
            {
                value = _read();
                _log.Reloaded(_paths);
            }
            catch (Exception failure) when (TlsFiles.IsFault(failure))
            {
                _log.ReloadFailed(_paths, failure.Message);
            }

            _last = new Reading(stamps, value);
            return value;
        }
    }

    private FileStamp[] Stamps() => Array.ConvertAll(_paths, FileStamp.Of);

    private sealed record Reading(FileStamp[] Stamps, T Value)
    {
        internal bool IsOf(FileStamp[] stamps) => stamps.AsSpan().SequenceEqual(Stamps);
    }
}
