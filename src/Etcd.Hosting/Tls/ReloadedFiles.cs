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
    private FileStamp[] _stamps;
    private volatile T _value;

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
        _stamps = Stamps();
        _value = read();
    }

    /// <summary>What the files have now.</summary>
    public T Value
    {
        get
        {
            FileStamp[] stamps = Stamps();
            if (!stamps.AsSpan().SequenceEqual(Volatile.Read(ref _stamps)))
            {
                Renew(stamps);
            }

            return _value;
        }
    }

    private void Renew(FileStamp[] stamps)
    {
        lock (_lock)
        {
            if (stamps.AsSpan().SequenceEqual(_stamps))
            {
                return;
            }

            // Each state of the files is read once, so that broken ones cost one line and not one for each connection.
            Volatile.Write(ref _stamps, stamps);
            try
            {
                _value = _read();
                _log.Reloaded(_paths);
            }
            catch (Exception failure) when (TlsFiles.IsFault(failure))
            {
                _log.ReloadFailed(_paths, failure.Message);
            }
        }
    }

    private FileStamp[] Stamps() => Array.ConvertAll(_paths, FileStamp.Of);
}
