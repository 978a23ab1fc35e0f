namespace Etcd.Server.Apply;

/// <summary>Bytes of requests that may wait to be applied, all together: a disk that hangs must not fill the memory with them.</summary>
/// <param name="bytesMax">The bound.</param>
/// <param name="reservedBytes">What urgent requests may take beyond it.</param>
internal sealed class ProposalBudget(long bytesMax, long reservedBytes)
{
    private long _taken;

    /// <summary>Takes a share; one request alone always gets it, however large.</summary>
    internal bool TryTake(int bytes, bool isUrgent)
    {
        long taken = Interlocked.Add(ref _taken, bytes);
        if (taken <= (isUrgent ? bytesMax + reservedBytes : bytesMax) || taken == bytes)
        {
            return true;
        }

        Release(bytes);
        return false;
    }

    /// <summary>Gives a share back.</summary>
    internal void Release(int bytes) => Interlocked.Add(ref _taken, -bytes);
}
