namespace Etcd.Mvcc.Watch;

/// <summary>Bytes that all streams together may let wait, handed out in steps so that streams seldom meet here. Any thread.</summary>
internal sealed class PendingBudget(long bytesMax)
{
    /// <summary>Bytes handed out at once.</summary>
    public const int StepBytes = 256 * 1024;

    private long _reserved;

    /// <summary>Reserves one step.</summary>
    public bool TryReserveStep()
    {
        if (Interlocked.Add(ref _reserved, StepBytes) <= bytesMax)
        {
            return true;
        }

        Interlocked.Add(ref _reserved, -StepBytes);
        return false;
    }

    /// <summary>Gives reserved bytes back.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _reserved, -bytes);
}
