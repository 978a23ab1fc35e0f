using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Simulation.Checkers;
using Etcd.Simulation.Clients;
using Etcd.Simulation.Members;
using Etcd.Simulation.Scenarios;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation;

/// <summary>One run from a seed: a cluster is founded, clients work while faults strike, the faults end, the cluster heals, and everything
/// that was seen is checked.</summary>
internal sealed class SimulatedRun
{
    private static readonly TimeSpan FoundingTimeMax = TimeSpan.FromSeconds(20);

    private readonly Scenario _scenario;
    private readonly SimulatedWorld _world;
    private readonly SimulationRandom _random;
    private readonly ClusterOperator _operator;
    private readonly FaultInjector _faults;
    private readonly Auditor _auditor;
    private readonly List<WatchClient> _watchers = [];
    private readonly List<Task> _clients = [];
    private readonly KeyValueClient _last;

    private SimulatedRun(Scenario scenario, TextWriter? trace)
    {
        _scenario = scenario;
        _random = new SimulationRandom(scenario.Seed);
        _world = new SimulatedWorld(scenario, new RunTrace(trace), _random.Fork());
        _operator = new ClusterOperator(_world, _random.Fork(), BuildJoining);
        _faults = new FaultInjector(_world, _operator, _random.Fork());
        _auditor = new Auditor(_world.History, _world.Members);
        _last = new KeyValueClient("last", _world, _random.Fork());
    }

    /// <summary>Runs a scenario to its end.</summary>
    /// <param name="scenario">What to do.</param>
    /// <param name="trace">Takes what happens as text, if wanted.</param>
    /// <exception cref="SimulationFailedException">A promise was broken.</exception>
    public static RunSummary Execute(Scenario scenario, TextWriter? trace = null)
    {
        // A thread of its own: no test runner's scheduler may take continuations elsewhere, and its stack is deep enough for those that
        // run one inside the other.
        RunSummary? summary = null;
        Exception? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    summary = new SimulatedRun(scenario, trace).Run();
                }
#pragma warning disable CA1031 // Carried over to the caller's thread.
                catch (Exception thrown)
                {
                    failure = thrown;
                }
#pragma warning restore CA1031
            },
            maxStackSize: 16 << 20);
        thread.Start();
        thread.Join();
        return failure is null
            ? summary!
            : throw new SimulationFailedException(
                $"seed {scenario.Seed}: {failure.Message}\nreplay: dotnet run --project tests/Etcd.Simulation -- --seed {scenario.Seed} --trace", failure);
    }

    private RunSummary Run()
    {
        Found();
        _world.Network.Faults = _scenario.Faults;
        StartClients();
        _ = _world.SuperviseAsync(_faults.RunAsync());
        _world.Run(_scenario.FaultTime);
        _world.IsQuiet = true;
        _faults.Heal();
        Settle();
        Check();
        return new RunSummary(
            _world.Queue.Trace.Hash, _world.Queue.Happened, _world.Operations.Count, _world.History.CompleteUpTo, _world.Network.Delivered,
            _world.Network.SnapshotsDelivered, _world.Members.Sum(member => member.Lives), _world.Members.Sum(member => member.CountSegmentCuts()),
            _world.Members.Sum(member => member.CountMovedBytes()),
            _operator.Changes, _faults.Struck);
    }

    private void Found()
    {
        for (int host = 0; host < _scenario.Members; host++)
        {
            SimulatedMember member = Build(ClusterPlan.OptionsOf(host, _scenario));
            member.IsListed = true;
            _world.Queue.Post(_random.Between(TimeSpan.Zero, _scenario.ElectionTimeout), null, "start", member.Start);
        }

        if (!_world.RunUntil(() => _world.Members.TrueForAll(member => member.IsUp && member.Server!.Published.IsCompletedSuccessfully), FoundingTimeMax))
        {
            throw new SimulationFailedException($"the cluster was not founded within {FoundingTimeMax.TotalSeconds} s");
        }
    }

    private SimulatedMember BuildJoining() => Build(ClusterPlan.OptionsOfJoining(_world.Members.Count, _scenario));

    private SimulatedMember Build(ServerOptions options)
    {
        var member = new SimulatedMember(
            _world.Members.Count, _world.Queue, _scenario, _world.Network, _random.Fork(), options, _world.SuperviseAsync)
        { Ended = _faults.OnEnded };
        _world.Members.Add(member);
        _world.Network.AddHost(member);
        return member;
    }

    private void StartClients()
    {
        _ = _world.SuperviseAsync(AuditAsync());
        _ = _world.SuperviseAsync(_operator.RunAsync());
        for (int i = 0; i < _scenario.KeyValueClients; i++)
        {
            _clients.Add(_world.SuperviseAsync(new KeyValueClient($"c{i}", _world, _random.Fork()).RunAsync()));
        }

        for (int i = 0; i < _scenario.LeaseClients; i++)
        {
            _clients.Add(_world.SuperviseAsync(new LeaseClient($"l{i}", _world, _random.Fork()).RunAsync()));
        }

        for (int i = 0; i < _scenario.WatchClients; i++)
        {
            var watcher = new WatchClient($"w{i}", _world, _random.Fork());
            _watchers.Add(watcher);
            _ = _world.SuperviseAsync(watcher.RunAsync());
        }
    }

    private async Task AuditAsync()
    {
        while (!_world.HasEnded)
        {
            _auditor.Look();
            await _world.Queue.DelayAsync(Auditor.Interval).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until the healed cluster is whole again: everybody up, writing and reading through each member, leases gone, all equal.</summary>
    private void Settle()
    {
        Await("the membership is settled", () => _operator.IsSettled);
        Await("all members are up", () => Living.All(member => member.IsUp && !member.IsStopping));
        Await("all clients have ended", () => _clients.TrueForAll(static client => client.IsCompleted));
        foreach (SimulatedMember member in Living.ToArray())
        {
            AwaitAnswer($"a write through {member.Name}", () => _last.PutAsync(member, _random.Below(_scenario.KeyGroups), 0));
            for (int group = 0; group < _scenario.KeyGroups; group++)
            {
                int wanted = group;
                AwaitAnswer($"a read through {member.Name}", () => _last.ReadAsync(member, wanted));
            }
        }

        var leases = new LeaseChecker(_world.History, _scenario);
        Await("abandoned leases end", () => Living.All(member => member.Server!.Lessor.Count == 0) && !_world.Leases.Exists(leases.IsOverdue));
        Await("all members have applied the same", () => Living.Select(member => member.Server!.AppliedIndex).Distinct().Count() == 1);
        _auditor.Look();
        Await("all watchers have got everything", () => _watchers.TrueForAll(HasEverything));
        _world.HasEnded = true;
    }

    private IEnumerable<SimulatedMember> Living => _world.Members.Where(member => member.IsListed);

    private bool HasEverything(WatchClient watcher) =>
        watcher.Session.From > 0
        && !_world.History.Revisions
            .Reverse()
            .TakeWhile(item => item.Revision >= watcher.Session.Next)
            .Any(item => item.Changes.Any(change => watcher.Session.Covers(change.Key)));

    private void AwaitAnswer(string what, Func<Task<bool>> attempt)
    {
        Task<bool>? running = null;
        Await(what, () =>
        {
            if (running is { IsCompleted: true, Result: true })
            {
                return true;
            }

            if (running is null or { IsCompleted: true })
            {
                running = attempt();
            }

            return false;
        });
    }

    private void Await(string what, Func<bool> condition)
    {
        if (!_world.RunUntil(condition, _scenario.HealingTimeMax))
        {
            throw new SimulationFailedException($"{_scenario.HealingTimeMax.TotalSeconds} s after all faults have ended, this still does not hold: {what}");
        }
    }

    private void Check()
    {
        CheckHashes();
        List<Operation> operations = new OpenOutcomes(_world.History).Resolve(_world.Operations);
        foreach (IGrouping<int, Operation> group in operations.GroupBy(operation => operation.Group).OrderBy(group => group.Key))
        {
            Demand(new LinearizabilityChecker(group, _scenario.KeysPerGroup).FindViolation());
        }

        Demand(new ReadChecker(_world.History, _world.Operations, _scenario.KeysPerGroup).FindViolation());
        Demand(new ReadChecker(_world.History, _world.SerializableReads, _scenario.KeysPerGroup).FindUntrueRead());
        var watches = new WatchChecker(_world.History);
        _watchers.ForEach(watcher => Demand(watches.FindViolation(watcher.Session)));
        var leases = new LeaseChecker(_world.History, _scenario);
        _world.Leases.ForEach(lease => Demand(leases.FindViolation(lease)));
    }

    private void CheckHashes()
    {
        long revision = _world.History.CompleteUpTo;
        string? first = null;
        foreach (SimulatedMember member in Living)
        {
            HashKVResponse hash = member.Server!.Maintenance.HashByRevision(new HashKVRequest { Revision = revision });
            string now = $"hash {hash.Hash:x8} at {revision}, compacted at {hash.CompactRevision}, members "
                + string.Join(' ', member.Server.Cluster.View.Members.Select(one =>
                    $"{one.Id:x}{(one.IsLearner ? " (learner)" : string.Empty)} {one.Name} {string.Join(',', one.PeerUrls)} {string.Join(',', one.ClientUrls)}"))
                + $", removed {string.Join(' ', member.Server.Cluster.View.RemovedMemberIds.Select(one => $"{one:x}"))}"
                + $", leases {string.Join(' ', member.Server.Lessor.Leases().Order())}";
            first ??= now;
            if (now != first)
            {
                throw new SimulationFailedException($"{member.Name} has {now}, another member has {first}");
            }

            _world.Queue.Trace.Mix(hash.Hash);
        }
    }

    private static void Demand(string? violation)
    {
        if (violation is not null)
        {
            throw new SimulationFailedException(violation);
        }
    }
}
