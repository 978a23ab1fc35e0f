using Etcd.Protocol.Errors;

namespace Etcd.Api.Limits;

/// <summary>Memory that all large replies together may hold, from before they are made until the client has them: a storm of large ranges is served
/// one after the other, or refused, and does not take the process down.</summary>
/// <remarks>
/// Who finds no room waits a little while, first come, first served, and so does whoever comes while somebody waits: a large reply is not overtaken for
/// ever by smaller ones. Replies below <see cref="SmallBytes"/> are not counted at all. Any thread; the lock is taken for large replies only.
/// </remarks>
public sealed class ReplyMemory
{
    /// <summary>Replies below so many bytes are not counted.</summary>
    public const int SmallBytes = 64 * 1024;

    /// <summary>Most replies that may wait for room.</summary>
    internal const int WaitersMax = 1024;

    /// <summary>How long a reply waits for room.</summary>
    internal static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private readonly TimeProvider _time;
    private long _taken;
    private long _waited;
    private long _refused;

    /// <summary>Creates the account.</summary>
    /// <param name="bytesMax">What all replies together may hold, in bytes; <see cref="long.MaxValue"/> for no bound.</param>
    /// <param name="time">The clock of <see cref="WaitMax"/>.</param>
    public ReplyMemory(long bytesMax, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesMax, 1);
        ArgumentNullException.ThrowIfNull(time);
        BytesMax = bytesMax;
        _time = time;
    }

    /// <summary>What all replies together may hold, in bytes.</summary>
    public long BytesMax { get; }

    /// <summary>Whether there is a bound.</summary>
    public bool IsBounded => BytesMax != long.MaxValue;

    /// <summary>What they hold now.</summary>
    public long TakenBytes => Volatile.Read(ref _taken);

    /// <summary>Replies that wait for room now.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waiters.Count;
            }
        }
    }

    /// <summary>Replies that have waited, whatever came of it.</summary>
    public long Waited => Interlocked.Read(ref _waited);

    /// <summary>Replies refused.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Whether less than half is taken. A range of few keys is then counted when it is written, and need not be
    /// measured before: nothing is awaited in between.</summary>
    public bool IsCalm => Volatile.Read(ref _taken) < BytesMax / 2;

    /// <summary>Takes a share for a reply, and waits for room if there is none.</summary>
    /// <param name="bytes">About what the reply will hold.</param>
    /// <param name="cancellationToken">Ends the wait; the caller's deadline.</param>
    /// <exception cref="EtcdException"><see cref="EtcdErrorCode.ReplyMemoryExceeded"/>: there was no room in time, too many wait, or the reply alone is
    /// larger than the bound.</exception>
    public ValueTask<ReplyShare> TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        if (bytes > BytesMax)
        {
            return ValueTask.FromException<ReplyShare>(Refuse(
                $"it would take about {bytes} bytes, and all replies together may take {BytesMax}; ask for less at a time"));
        }

        var waiter = new Waiter(bytes);
        lock (_lock)
        {
            if (_waiters.Count == 0 && _taken + bytes <= BytesMax)
            {
                _taken += bytes;
                return ValueTask.FromResult(new ReplyShare(this, bytes));
            }

            if (_waiters.Count >= WaitersMax)
            {
                return ValueTask.FromException<ReplyShare>(Refuse($"{_waiters.Count} others wait for some; try again later"));
            }

            waiter.Place = _waiters.AddLast(waiter);
        }

        Interlocked.Increment(ref _waited);
        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Takes a share for a reply that is written already, whether there is room or not: the next ones wait for it.</summary>
    public ReplyShare TakeWritten(long bytes)
    {
        Change(bytes);
        return new ReplyShare(this, bytes);
    }

    /// <summary>Corrects what is taken; what is given back goes to those who wait.</summary>
    internal void Change(long bytes)
    {
        lock (_lock)
        {
            _taken += bytes;
            while (_waiters.First is { Value: var next } && _taken + next.Bytes <= BytesMax)
            {
                _waiters.RemoveFirst();
                next.Place = null;
                _taken += next.Bytes;
                next.Turn.SetResult();
            }
        }
    }

    private async ValueTask<ReplyShare> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        try
        {
            await waiter.Turn.Task.WaitAsync(WaitMax, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is TimeoutException or OperationCanceledException)
        {
            if (TryLeave(waiter))
            {
                throw failure is TimeoutException
                    ? Refuse($"about {waiter.Bytes} bytes of the {BytesMax} for all replies together were not to be had within {WaitMax.TotalSeconds} s; try again later")
                    : failure;
            }

            // Its turn came at the same moment: the room is there.
            if (failure is not TimeoutException)
            {
                Change(-waiter.Bytes);
                throw;
            }
        }

        return new ReplyShare(this, waiter.Bytes);
    }

    private bool TryLeave(Waiter waiter)
    {
        lock (_lock)
        {
            if (waiter.Place is null)
            {
                return false;
            }

            _waiters.Remove(waiter.Place);
            waiter.Place = null;
        }

        // Who stood behind it may have been held up by its size alone.
        Change(0);
        return true;
    }

    private EtcdException Refuse(string facts)
    {
        Interlocked.Increment(ref _refused);
        return new EtcdException(EtcdErrorCode.ReplyMemoryExceeded, facts);
    }

    private sealed class Waiter(long bytes)
    {
        internal long Bytes { get; } = bytes;

        internal TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Where it stands; <see langword="null"/> once it has its share or has left. Under the lock.</summary>
        internal LinkedListNode<Waiter>? Place { get; set; }
    }
}
