using Etcdctl.Output;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Shows on a terminal how much of a snapshot has come.</summary>
internal sealed class SnapshotProgress(StatusLine line) : IProgress<ulong>
{
    private ulong _total;

    /// <summary>Takes the bytes that are left.</summary>
    public void Report(ulong value)
    {
        // The first piece tells the size, less itself.
        _total = Math.Max(_total, value);
        if (_total > 0)
        {
            line.Show((double)(_total - value) / _total, "of " + GoText.Size(_total));
        }
    }
}
