namespace Etcd.Server.Apply;

/// <summary>Bytes of requests that may wait to be applied, all together: a disk that hangs must not fill the memory with them.</summary>
internal sealed class ProposalBudget(long bytesMax)
{
    private long _taken;

    /// <summary>Takes a share; one request alone always gets it, however large.</summary>
    internal bool TryTake(int bytes)
    {
        long taken = Interlocked.Add(ref _taken, bytes);
        if (taken <= bytesMax || taken == bytes)
        {
            return true;
        }

        Release(bytes);
        return false;
    }

    /// <summary>Gives a share back.</summary>
    internal void Release(int bytes) => Interlocked.Add(ref _taken, -bytes);
}
