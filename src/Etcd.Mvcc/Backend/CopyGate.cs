namespace Etcd.Mvcc;

/// <summary>Keeps snapshot copies and defragmentation apart: many copies or one defragmentation. A copy may end on another thread.</summary>
internal sealed class CopyGate
{
    private readonly object _gate = new();
    private int _copies;
    private bool _defragments;

    /// <summary>Waits for a defragmentation, then begins a copy.</summary>
    public void EnterCopy()
    {
        lock (_gate)
        {
            while (_defragments)
            {
                Monitor.Wait(_gate);
            }

            _copies++;
        }
    }

    /// <summary>Begins a copy, unless a defragmentation runs or waits to.</summary>
    public bool TryEnterCopy()
    {
        lock (_gate)
        {
            if (_defragments)
            {
                return false;
            }

            _copies++;
            return true;
        }
    }

    /// <summary>Ends a copy.</summary>
    public void LeaveCopy()
    {
        lock (_gate)
        {
            _copies--;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits for all copies and another defragmentation, then begins one. New copies wait from now on.</summary>
    public void EnterDefragment()
    {
        lock (_gate)
        {
            while (_defragments)
            {
                Monitor.Wait(_gate);
            }

            _defragments = true;
            while (_copies > 0)
            {
                Monitor.Wait(_gate);
            }
        }
    }

    /// <summary>Ends a defragmentation.</summary>
    public void LeaveDefragment()
    {
        lock (_gate)
        {
            _defragments = false;
            Monitor.PulseAll(_gate);
        }
    }
}
