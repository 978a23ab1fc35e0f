using System.Buffers.Binary;

using Etcd.Protocol.Errors;
using Etcd.Raft;
using Etcd.Server.Observation;

namespace Etcd.Server.Consensus;

/// <summary>Confirms linearizable reads in rounds: all reads that wait when a round starts ride on it (raft dissertation, section 6.4).</summary>
/// <remarks>
/// Owned by the consensus loop. A round confirms only reads that arrived before it was asked, and its answer counts only if it bears the
/// round's own number: an answer to an earlier question may be older than the reads that wait now. The numbers are request ids, unique in
/// the cluster, since the leader may be real etcd, which tells rounds of all members apart by nothing else.
/// </remarks>
internal sealed class ReadIndexRounds
{
    /// <summary>Time after which an unanswered round is asked again: its messages may have been lost.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);

    private readonly RaftNode _node;
    private readonly RequestIdGenerator _ids;
    private readonly TimeProvider _time;
    private readonly ServerInstruments _instruments;
    private readonly ConsensusLog _log;
    private readonly Queue<(ulong Index, List<ReadWaiter> Waiters)> _confirmed = new();
    private List<ReadWaiter> _gathering = [];
    private List<ReadWaiter> _asked = [];
    private ulong _round;
    private long _askedAt;

    internal ReadIndexRounds(RaftNode node, RequestIdGenerator ids, TimeProvider time, ServerInstruments instruments, ConsensusLog log)
    {
        _node = node;
        _ids = ids;
        _time = time;
        _instruments = instruments;
        _log = log;
    }

    /// <summary>How long reads may wait; for the log.</summary>
    internal TimeSpan RequestTimeout { get; init; }

    /// <summary>Adds a read to the next round.</summary>
    internal void Add(ReadWaiter waiter) => _gathering.Add(waiter);

    /// <summary>Starts the next round if reads wait for one, none is under way and there is a leader to ask.</summary>
    internal void StartIfWanted(ulong leader)
    {
        if (_asked.Count > 0 || _gathering.Count == 0 || leader == 0)
        {
            return;
        }

        (_asked, _gathering) = (_gathering, _asked);
        Ask();
    }

    /// <summary>Takes the answers that arrived.</summary>
    internal void Take(IReadOnlyList<ReadState> answers)
    {
        foreach (ReadState answer in answers)
        {
            if (_asked.Count > 0
                && answer.Context.Length == sizeof(ulong)
                && BinaryPrimitives.ReadUInt64BigEndian(answer.Context.Span) == _round)
            {
                foreach (ReadWaiter waiter in _asked)
                {
                    if (!waiter.NeedsApplied)
                    {
                        waiter.Confirm();
                    }
                }

                _asked.RemoveAll(static waiter => !waiter.NeedsApplied);
                _confirmed.Enqueue((answer.Index, _asked));
                _asked = [];
            }
        }
    }

    /// <summary>Fails the reads whose round was asked of a leader that is no more: its answer may never come. Clients repeat them.</summary>
    internal void LeaderChanged()
    {
        _instruments.CountFailedReadIndexes(_asked.Count);
        foreach (ReadWaiter waiter in _asked)
        {
            waiter.Fail(new EtcdException(EtcdErrorCode.LeaderChanged));
        }

        _asked.Clear();
    }

    /// <summary>Lets the reads go on whose index has been applied.</summary>
    internal void Release(ulong applied)
    {
        while (_confirmed.TryPeek(out (ulong Index, List<ReadWaiter> Waiters) round) && round.Index <= applied)
        {
            _confirmed.Dequeue();
            foreach (ReadWaiter waiter in round.Waiters)
            {
                waiter.Confirm();
            }
        }
    }

    /// <summary>Counts time: asks an unanswered round again, and fails the reads that have waited too long.</summary>
    internal void Tick(long now)
    {
        int late = Expire(_gathering, now) + Expire(_asked, now);
        foreach ((_, List<ReadWaiter> waiters) in _confirmed)
        {
            late += Expire(waiters, now);
        }

        if (late > 0)
        {
            _instruments.CountSlowReadIndexes(late);
            _log.ReadIndexTimedOut(DurationText.Of(RequestTimeout));
        }

        if (_asked.Count > 0 && _time.GetElapsedTime(_askedAt, now) >= RetryInterval)
        {
            _log.ReadIndexSlow(_round, DurationText.Of(RetryInterval));
            Ask();
        }
    }

    /// <summary>Fails all that wait.</summary>
    internal void Close()
    {
        var stopped = new EtcdException(EtcdErrorCode.Stopped);
        foreach (ReadWaiter waiter in _gathering.Concat(_asked).Concat(_confirmed.SelectMany(round => round.Waiters)))
        {
            waiter.Fail(stopped);
        }

        _gathering.Clear();
        _asked.Clear();
        _confirmed.Clear();
    }

    private static int Expire(List<ReadWaiter> waiters, long now)
    {
        foreach (ReadWaiter waiter in waiters)
        {
            if (waiter.Deadline <= now)
            {
                waiter.Fail(new EtcdException(EtcdErrorCode.Timeout));
            }
        }

        return waiters.RemoveAll(waiter => waiter.Deadline <= now);
    }

    private void Ask()
    {
        _askedAt = _time.GetTimestamp();
        _round = _ids.Next();
        byte[] context = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(context, _round);
        _node.ReadIndex(context);
    }
}
