using Etcd.Protocol.Rpc;
using Etcd.Simulation.Clients;
using Etcd.Simulation.Members;
using Etcd.Simulation.Schedule;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Simulation.Scenarios;

/// <summary>Lets faults strike at random moments, and undoes each after a while.</summary>
internal sealed class FaultInjector
{
    private readonly SimulatedWorld _world;
    private readonly SimulationRandom _random;
    private readonly ClusterOperator _operator;
    private bool _isOver;
    private int _cuts;

    public FaultInjector(SimulatedWorld world, ClusterOperator clusterOperator, SimulationRandom random)
    {
        _operator = clusterOperator;
        _world = world;
        _random = random;
    }

    /// <summary>Faults so far, by kind.</summary>
    public SortedDictionary<FaultKind, int> Struck { get; } = [];

    private FaultRates Rates => _world.Scenario.Faults;

    public async Task RunAsync()
    {
        while (!_isOver && Rates.Kinds.Count > 0)
        {
            await _world.Queue.DelayAsync(_random.Between(TimeSpan.Zero, 2 * Rates.Interval)).ConfigureAwait(false);
            if (!_isOver)
            {
                Strike(_random.Pick(Rates.Kinds));
            }
        }
    }

    /// <summary>Takes care of a member whose life has ended by itself: its machine goes down with it or not, and it is started again.</summary>
    public void OnEnded(SimulatedMember member, Exception? fault)
    {
        if (fault is not null)
        {
            if (!member.MayEndBy(fault))
            {
                throw new SimulationFailedException($"{member.Life.Name} stopped by itself: {fault.Message}", fault);
            }

            member.Disk.EndLife(losesPower: _random.Percent(50));
        }

        StartLater(member);
    }

    /// <summary>Ends all faults: everything that was cut, paused, full or down comes back.</summary>
    public void Heal()
    {
        _isOver = true;
        _world.Queue.Trace.Tell(_world.Queue.NowTicks, "all faults end");
        _world.Network.Links.MendAll(_world.Queue.NowTicks);
        _world.Network.Faults = FaultRates.None;
        _world.Connections.LossPercent = 0;
        foreach (SimulatedMember member in _world.Members)
        {
            member.Disk.RemoveFaults();
            Resume(member.Life);
            if (member.Life.IsOver && member.Lives > 0)
            {
                StartLater(member);
            }
        }
    }

    private void Strike(FaultKind kind)
    {
        SimulatedMember member = _world.AnyMachine(_random);
        Struck[kind] = Struck.GetValueOrDefault(kind) + 1;
        _world.Queue.Trace.Tell(_world.Queue.NowTicks, $"fault: {kind}");
        switch (kind)
        {
            case FaultKind.PowerLoss or FaultKind.Kill:
                Kill(member, losesPower: kind == FaultKind.PowerLoss);
                break;
            case FaultKind.ClusterPowerLoss:
                _world.Members.ForEach(one => Kill(one, losesPower: true));
                break;
            case FaultKind.PowerLossAtDiskOperation:
                member.Disk.LosePowerAfter(_random.Below(_random.Pick([3, 30, 300])));
                break;
            case FaultKind.GracefulRestart:
                GracefullyRestart(member);
                break;
            case FaultKind.DiskError:
                FailDisk(member);
                break;
            case FaultKind.DiskFull:
                FillDisk(member);
                break;
            case FaultKind.Pause:
                Pause(member);
                break;
            case FaultKind.Partition or FaultKind.OneWayPartition or FaultKind.BridgePartition or FaultKind.LeaderIsolation:
                Cut(kind);
                break;
            case FaultKind.NewLeaderIsolation:
                _ = _world.SuperviseAsync(IsolateNextLeadersAsync());
                break;
            case FaultKind.PowerLossAfterVote:
                LosePowerAfterVote(member);
                break;
            case FaultKind.Compaction:
                _ = _world.SuperviseAsync(CompactAsync(member));
                break;
            case FaultKind.Defragmentation:
                OnMember(member, "defragment", server => server.Maintenance.Defragment());
                break;
            case FaultKind.WallClockJump:
                member.JumpWallClock(_random.Between(TimeSpan.FromHours(-1), TimeSpan.FromHours(1)));
                break;
            case FaultKind.MembershipChange:
                _ = _world.SuperviseAsync(_operator.ChangeAsync());
                break;
            case FaultKind.LeaderMove:
                _ = _world.SuperviseAsync(_operator.MoveLeaderAsync());
                break;
            default:
                throw new InvalidOperationException($"unknown fault {kind}");
        }
    }

    private void Kill(SimulatedMember member, bool losesPower)
    {
        if (member.IsUp)
        {
            member.Kill(losesPower);
            StartLater(member);
        }
    }

    private void StartLater(SimulatedMember member)
    {
        TimeSpan downtime = _isOver ? TimeSpan.FromMilliseconds(10) : _random.Between(TimeSpan.FromMilliseconds(10), 3 * Rates.Interval);
        _world.Queue.Post(downtime, null, "start", () => StartIfDown(member));
    }

    private void GracefullyRestart(SimulatedMember member)
    {
        if (member is { IsUp: true, IsStopping: false } && !member.Life.IsPaused)
        {
            _ = _world.SuperviseAsync(RestartAsync());
        }

        async Task RestartAsync()
        {
            if (await member.StopAsync(handsOver: _random.Percent(50)).ConfigureAwait(false))
            {
                StartLater(member);
            }
        }
    }

    private void FailDisk(SimulatedMember member)
    {
        DiskOperationKind kind = _random.Pick([
            DiskOperationKind.Write, DiskOperationKind.Sync, DiskOperationKind.SyncDirectory, DiskOperationKind.Rename, DiskOperationKind.Create,
            DiskOperationKind.Preallocate]);
        member.Disk.Current.FailNext(kind, string.Empty, _random.Below(5));
    }

    private void FillDisk(SimulatedMember member)
    {
        SimulatedFileSystem disk = member.Disk.Current;
        disk.CapacityBytes = disk.UsedBytes + (4096L * _random.Below(20));
        _world.Queue.Post(_random.Between(TimeSpan.Zero, 2 * Rates.Interval), null, "room again", () => disk.CapacityBytes = long.MaxValue);
    }

    private void Pause(SimulatedMember member)
    {
        ProcessLife life = member.Life;
        life.Pause();
        _world.Queue.Post(_random.Between(TimeSpan.FromMilliseconds(10), 3 * Rates.Interval), null, "resume", () => Resume(life));
    }

    private void Resume(ProcessLife life)
    {
        if (life.IsPaused)
        {
            _world.Queue.Resume(life);
        }
    }

    private void Cut(FaultKind kind)
    {
        int hosts = _world.Members.Count;
        int chosen = kind == FaultKind.LeaderIsolation
            ? Leader()?.Host ?? -1
            : _random.Below(hosts);
        ulong groups = _random.Next();
        for (int from = 0; from < hosts; from++)
        {
            for (int to = 0; to < hosts; to++)
            {
                bool isSplit = ((groups >> from) & 1) != ((groups >> to) & 1);
                bool isCut = kind switch
                {
                    FaultKind.Partition => isSplit,
                    FaultKind.BridgePartition => isSplit && from != chosen && to != chosen,
                    FaultKind.OneWayPartition => from == chosen,
                    _ => from == chosen || to == chosen,
                };
                if (isCut && from != to)
                {
                    _world.Network.Links.Cut(from, to);
                }
            }
        }

        TimeSpan time = _random.Between(TimeSpan.FromMilliseconds(50), 4 * Rates.Interval);
        int number = ++_cuts;
        _world.Queue.Post(time, null, "mend", () =>
        {
            // What was cut again since waits for its own time.
            if (number == _cuts)
            {
                _world.Network.Links.MendAll(_world.Queue.NowTicks);
            }
        });
    }

    // One leader after the other, the present one first, is cut off soon after its election, and the one before comes back with what only
    // it has.
    private async Task IsolateNextLeadersAsync()
    {
        SimulatedMember? before = null;
        int left = _random.Pick([1, 3, 20]);
        for (int looks = 0; looks < 1_000 && left > 0 && !_isOver; looks++)
        {
            await _world.Queue.DelayAsync(TimeSpan.FromMilliseconds(2)).ConfigureAwait(false);
            if (Leader() is { } leader && leader != before)
            {
                before = leader;
                looks = 0;
                left--;
                await _world.Queue.DelayAsync(_random.Between(TimeSpan.Zero, _random.Pick([1, 8]) * Rates.LatencyMax)).ConfigureAwait(false);
                if (!_isOver)
                {
                    _world.Network.Links.MendAll(_world.Queue.NowTicks);
                    Cut(FaultKind.LeaderIsolation);
                }
            }
        }
    }

    private SimulatedMember? Leader() => _world.Members
        .Where(static member => member is { IsUp: true, Server.IsLeader: true })
        .MaxBy(static member => member.Server!.Term);

    private void LosePowerAfterVote(SimulatedMember member)
    {
        ProcessLife life = member.Life;
        member.Disk.VoteWritten = candidate =>
        {
            if (candidate == 0 || !member.IsUp || candidate == member.Server!.Headers.MemberId)
            {
                return;
            }

            // A vote for another: it has left when the power goes.
            member.Disk.VoteWritten = null;
            _world.Queue.Post(_random.Between(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(3)), null, "power lost", () =>
            {
                if (member.IsUp && member.Life == life && !_isOver)
                {
                    member.Kill(losesPower: true);
                    _world.Queue.Post(TimeSpan.FromMilliseconds(1), null, "start", () => StartIfDown(member));
                }
            });
        };
    }

    private static void StartIfDown(SimulatedMember member)
    {
        if (member.Life.IsOver && !member.IsGone)
        {
            member.Start();
        }
    }

    private async Task CompactAsync(SimulatedMember member)
    {
        // Not above what the audit has read: it must see every revision once.
        long revision = _world.History.CompleteUpTo - _random.Below(20);
        if (revision > 1)
        {
            var request = new CompactionRequest { Revision = revision };
            _world.History.NoteCompaction(revision);
            await _world.Connections
                .CallAsync(member, server => server.KeyValues.CompactAsync(request, CancellationToken.None), TimeSpan.FromSeconds(1))
                .ConfigureAwait(false);
        }
    }

    private void OnMember(SimulatedMember member, string what, Action<Etcd.Server.EtcdServer> action)
    {
        if (member is { IsUp: true, IsStopping: false })
        {
            ProcessLife life = member.Life;
            _world.Queue.Post(TimeSpan.Zero, life, what, () =>
            {
                try
                {
                    action(member.Server!);
                }
                catch (Exception failure) when (member.MayFailAsker(life, failure))
                {
                    // The disk failed in the middle of it, as it was told to.
                }
            });
        }
    }
}
