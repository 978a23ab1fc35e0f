using Etcd.Server.Pumps;

namespace Etcd.Simulation.Members;

/// <summary>A pump of a simulated member, without its item type.</summary>
internal interface ISimulatedPump
{
    /// <summary>Lets the handler run if something is posted and it does not run already.</summary>
    /// <returns>Whether it ran.</returns>
    bool TryRun();
}

/// <summary>A pump whose turns are events of the simulation.</summary>
internal sealed class SimulatedPump<T>(
    SimulatedExecution execution,
    string name,
    int capacity,
    Action<List<T>> handle,
    Action<Exception> fault,
    Func<bool>? idle) : Pump<T>, ISimulatedPump
{
    private readonly List<T> _here = [];
    private List<T> _posted = [];
    private List<T> _taken = [];
    private bool _isStarted;
    private bool _isBusy;
    private bool _isTurnPosted;
    private bool _isStopping;

    internal override bool IsStopping => _isStopping;

    internal override bool IsEmpty => _posted.Count == 0;

    internal override void Start()
    {
        _isStarted = true;
        PostTurn();
    }

    internal override bool TryPost(T item, int reservedPlaces = 0)
    {
        if (_isStopping || _posted.Count - reservedPlaces >= capacity)
        {
            return false;
        }

        Post(item);
        return true;
    }

    internal override void Post(T item)
    {
        if (!_isStopping)
        {
            _posted.Add(item);
            PostTurn();
        }
    }

    internal override bool TryRunHere(T item)
    {
        if (_isBusy || _isStopping || _posted.Count > 0)
        {
            return false;
        }

        _isBusy = true;
        try
        {
            _here.Add(item);
            handle(_here);
        }
        finally
        {
            _here.Clear();
            _isBusy = false;
            PostTurn();
        }

        return true;
    }

    internal override bool TryServeHere(T item, int turnsMax)
    {
        if (!_isStarted || _isBusy || _isStopping || _posted.Count > 0 || !execution.DrawsServingHere())
        {
            return false;
        }

        _isBusy = true;
        try
        {
            _here.Add(item);
            handle(_here);
            _here.Clear();
            for (int turns = 1; turns < turnsMax && _posted.Count > 0; turns++)
            {
                (_posted, _taken) = (_taken, _posted);
                handle(_taken);
                _taken.Clear();
            }
        }
#pragma warning disable CA1031 // As the real pump: whatever the fault is, it is the member's, not the caller's.
        catch (Exception failure)
        {
            Fail(failure);
        }
#pragma warning restore CA1031
        finally
        {
            _isBusy = false;
        }

        PostTurn();
        return true;
    }

    internal override void Stop()
    {
        _isStopping = true;
        while (TryRun())
        {
            // What was posted before is still handled, as a thread would before it is joined.
        }
    }

    public bool TryRun()
    {
        if (!_isStarted || _isBusy || _posted.Count == 0)
        {
            return false;
        }

        _isBusy = true;
        try
        {
            (_posted, _taken) = (_taken, _posted);
            handle(_taken);
            _taken.Clear();
            while (idle is not null && _posted.Count == 0 && !_isStopping && idle())
            {
                // More to prepare while nothing is to be done.
            }
        }
#pragma warning disable CA1031 // As the real pump: whatever the fault is, it reaches the member's owner.
        catch (Exception failure)
        {
            Fail(failure);
        }
#pragma warning restore CA1031
        finally
        {
            _isBusy = false;
        }

        PostTurn();
        return true;
    }

    private void Fail(Exception failure)
    {
        _isStopping = true;
        _posted.Clear();
        fault(failure);
    }

    private void PostTurn()
    {
        if (_isStarted && !_isTurnPosted && _posted.Count > 0)
        {
            _isTurnPosted = true;
            execution.PostTurn(name, Turn);
        }
    }

    private void Turn()
    {
        _isTurnPosted = false;
        TryRun();
    }
}
