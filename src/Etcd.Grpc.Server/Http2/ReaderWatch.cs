using System.Collections.Concurrent;

namespace Etcd.Grpc.Server.Http2;

/// <summary>Watches over the threads that read connections: takes the reading away from one that a call has kept for long, and says how many
/// connections may have a thread of their own.</summary>
internal sealed class ReaderWatch : IDisposable
{
    private const int PeriodMs = 10;
    private const int QuietTicksMax = 5;

    private readonly ConcurrentDictionary<ServerConnection, bool> _connections;
    private readonly Timer _timer;
    private int _threadsLeft = Math.Max(2, Environment.ProcessorCount) * 2;
    private int _isTicking;
    private bool _wasBusy;
    private int _quietTicks;

    /// <param name="connections">The connections watched over.</param>
    public ReaderWatch(ConcurrentDictionary<ServerConnection, bool> connections)
    {
        _connections = connections;
        _timer = new Timer(static state => ((ReaderWatch)state!).Tick(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>A reader begins to run a call.</summary>
    public void BeginCall(ReadTurn turn)
    {
        turn.BeginCall(Environment.TickCount64 + 1);
        Volatile.Write(ref _wasBusy, true);
        Interlocked.MemoryBarrier(); // or the look could come before the note, here and in Tick, and the call stay unwatched
        if (Volatile.Read(ref _isTicking) == 0 && Interlocked.Exchange(ref _isTicking, 1) == 0)
        {
            _timer.Change(PeriodMs, PeriodMs);
        }
    }

    /// <summary>Asks for a thread for one connection.</summary>
    public bool TryTakeThread()
    {
        if (Interlocked.Decrement(ref _threadsLeft) >= 0)
        {
            return true;
        }

        Interlocked.Increment(ref _threadsLeft);
        return false;
    }

    /// <summary>Gives the thread back.</summary>
    public void ReturnThread() => Interlocked.Increment(ref _threadsLeft);

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        long latest = Environment.TickCount64 + 1 - PeriodMs;
        foreach ((ServerConnection connection, _) in _connections)
        {
            connection.Reader.TakeAwayIfStuck(latest);
        }

        if (Volatile.Read(ref _wasBusy))
        {
            Volatile.Write(ref _wasBusy, false);
            _quietTicks = 0;
            return;
        }

        if (++_quietTicks < QuietTicksMax)
        {
            // A tick that comes late is followed by one that comes early: the last call may have begun just before and be stuck since.
            return;
        }

        // Nothing has begun for some time; what begins just now starts the timer again.
        _quietTicks = 0;
        _timer.Change(Timeout.Infinite, Timeout.Infinite);
        Volatile.Write(ref _isTicking, 0);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _wasBusy) && Interlocked.Exchange(ref _isTicking, 1) == 0)
        {
            _timer.Change(PeriodMs, PeriodMs);
        }
    }
}
