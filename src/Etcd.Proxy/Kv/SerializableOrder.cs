namespace Etcd.Proxy.Kv;

/// <summary>The latest revision that clients have been shown: <c>--experimental-serializable-ordering</c> lets no read show an older one.</summary>
internal sealed class SerializableOrder
{
    private long _latest;

    /// <summary>Whether a reply may be shown; if so, nothing older than it is shown from here on.</summary>
    /// <param name="revision">The revision of the reply's header.</param>
    internal bool TryShow(long revision)
    {
        for (long seen = Interlocked.Read(ref _latest); ; seen = Interlocked.Read(ref _latest))
        {
            if (revision < seen)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _latest, revision, seen) == seen)
            {
                return true;
            }
        }
    }
}
