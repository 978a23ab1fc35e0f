using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Simulation.Members;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Clients;

/// <summary>Whoever runs the cluster: has members added, promoted, moved and removed, starts a machine for each that has come, and ends the
/// machines of those that have gone.</summary>
/// <remarks>It asks again and again who belongs to the cluster, as it may never learn what became of a change. One machine at a time waits
/// to be added; it is started once some member lists it, since the cluster may need its vote to go on.</remarks>
internal sealed class ClusterOperator(SimulatedWorld world, SimulationRandom random, Func<SimulatedMember> build)
{
    private const int MembersMax = 7;

    /// <summary>Voters that stay. Of two, a leader that removes itself and ends before the other has heard of it leaves one that waits for
    /// its vote for ever, as in any raft cluster.</summary>
    private const int VotersMin = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookIntervalMax = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LingerMax = TimeSpan.FromSeconds(2);

    private SimulatedMember? _candidate;
    private IReadOnlyList<Member> _listed = [];
    private int _moves;

    /// <summary>Changes that were acknowledged, by their names.</summary>
    public SortedDictionary<string, int> Changes { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether nothing is under way any more: no change can take effect, and its effects are known.</summary>
    public bool IsSettled => _lookedTicks > _openUntilTicks && _lookedTicks > _quietTicks && _quietTicks > 0;

    private long _lookedTicks;
    private long _openUntilTicks;
    private long _quietTicks;

    /// <summary>Looks after the machines until the run ends.</summary>
    public async Task RunAsync()
    {
        while (!world.HasEnded)
        {
            await world.Queue.DelayAsync(random.Between(TimeSpan.FromMilliseconds(20), LookIntervalMax)).ConfigureAwait(false);
            if (world.IsQuiet && _quietTicks == 0)
            {
                _quietTicks = world.Queue.NowTicks;
            }

            await LookAsync().ConfigureAwait(false);
            if (!world.IsQuiet && _listed.FirstOrDefault(static member => member.IsLearner) is { } learner && random.Percent(20))
            {
                await PromoteAsync(learner).ConfigureAwait(false);
            }

            if (!world.IsQuiet && random.Percent(world.Scenario.ChurnPercent))
            {
                await ChangeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Changes the membership in some way.</summary>
    public Task ChangeAsync() => random.Below(10) switch
    {
        < 5 => AddAsync(asLearner: random.Percent(50)),
        < 9 => RemoveAsync(),
        _ => MoveAsync(),
    };

    /// <summary>Hands leadership to some voter.</summary>
    public async Task MoveLeaderAsync()
    {
        if (world.Members.FindLast(static member => member is { IsUp: true, Server.IsLeader: true }) is { } leader && _listed.Count > 0)
        {
            var request = new MoveLeaderRequest { TargetID = random.Pick(_listed).ID };
            await CallAsync("move-leader", leader, server => new ValueTask<MoveLeaderResponse>(MoveLeaderAsync(server, request))).ConfigureAwait(false);
        }
    }

    private static async Task<MoveLeaderResponse> MoveLeaderAsync(EtcdServer server, MoveLeaderRequest request) =>
        await server.Maintenance.MoveLeaderAsync(request, CancellationToken.None).ConfigureAwait(false);

    private async Task AddAsync(bool asLearner)
    {
        if (_listed.Count is 0 or >= MembersMax || (_candidate is null && world.Members.Count >= ClusterPlan.HostsMax))
        {
            return;
        }

        _candidate ??= build();
        var request = new MemberAddRequest { PeerURLs = { ClusterPlan.PeerUrlOf(_candidate.Host) }, IsLearner = asLearner };
        await ChangeAsync(asLearner ? "add-learner" : "add", server => server.Cluster.AddAsync(request, CancellationToken.None)).ConfigureAwait(false);
    }

    private async Task PromoteAsync(Member learner)
    {
        var request = new MemberPromoteRequest { ID = learner.ID };
        await ChangeAsync("promote", server => server.Cluster.PromoteAsync(request, null, CancellationToken.None)).ConfigureAwait(false);
    }

    private async Task RemoveAsync()
    {
        if (_listed.Count == 0)
        {
            return;
        }

        // A removal whose outcome is unknown counts as done, for the number of voters that stay.
        Member chosen = random.Pick(_listed);
        int voters = _listed.Count(member => !member.IsLearner && !(MachineOf(member)?.IsRemovalAsked ?? true));
        if (MachineOf(chosen) is { } machine && (chosen.IsLearner || machine.IsRemovalAsked || voters > VotersMin))
        {
            machine.IsRemovalAsked = true;
            var request = new MemberRemoveRequest { ID = chosen.ID };
            await ChangeAsync("remove", server => server.Cluster.RemoveAsync(request, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    private async Task MoveAsync()
    {
        if (_listed.Count > 0 && random.Pick(_listed) is { } chosen && MachineOf(chosen) is { } machine)
        {
            string url = ClusterPlan.PeerUrlOf(machine.Host, ++_moves);
            world.Network.AddUrl(url, machine);
            var request = new MemberUpdateRequest { ID = chosen.ID, PeerURLs = { url } };
            await ChangeAsync("update", server => server.Cluster.UpdateAsync(request, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    private SimulatedMember? MachineOf(Member member) => world.Network.HostAt(member.PeerURLs[0]);

    private Task ChangeAsync<T>(string what, Func<EtcdServer, ValueTask<T>> call)
        where T : class => CallAsync(what, world.AnyMachine(random), call);

    private async Task CallAsync<T>(string what, SimulatedMember target, Func<EtcdServer, ValueTask<T>> call)
        where T : class
    {
        ClientReply<T> reply = await world.Connections.CallAsync(target, call, Patience).ConfigureAwait(false);
        world.Queue.Trace.Tell(
            world.Queue.NowTicks, $"operator: {what} at {target.Life.Name}: {(reply.Value is not null ? "done" : reply.IsKnown ? $"{reply.Error}" : "?")}");
        if (reply.Value is not null)
        {
            Changes[what] = Changes.GetValueOrDefault(what) + 1;
        }
        else
        {
            // It may still be on its way: as long as a member waits for it, whose clock may be slow.
            _openUntilTicks = world.Queue.NowTicks + (2 * target.Options.RequestTimeout.Ticks);
        }
    }

    private async Task LookAsync()
    {
        bool isLinearizable = random.Percent(70);
        long asked = world.Queue.NowTicks;
        var request = new MemberListRequest { Linearizable = isLinearizable };
        ClientReply<MemberListResponse> reply = await world.Connections
            .CallAsync(world.AnyMachine(random), server => server.Cluster.ListAsync(request, CancellationToken.None), Patience)
            .ConfigureAwait(false);
        if (reply.Value is not { } list)
        {
            return;
        }

        foreach (Member member in list.Members)
        {
            Welcome(member, list);
        }

        if (isLinearizable)
        {
            _listed = list.Members;
            _lookedTicks = asked;
            foreach (SimulatedMember machine in world.Members.Where(static machine => machine.IsListed).ToArray())
            {
                if (!list.Members.Any(member => MachineOf(member) == machine))
                {
                    SeeOff(machine);
                }
            }
        }
    }

    private void Welcome(Member member, MemberListResponse list)
    {
        if (MachineOf(member) is not { } machine)
        {
            throw new SimulationFailedException($"a member is listed at {member.PeerURLs}, where nobody was ever asked to be");
        }

        bool isNew = machine == _candidate;
        if (isNew)
        {
            _candidate = null;
            machine.IsListed = true;
        }

        if (isNew || (machine.Lives > 0 && !machine.IsUp && machine.IsYetToJoin))
        {
            // What it is told of the others must be what they say when it asks.
            machine.Options = machine.Options with
            {
                InitialCluster = list.Members.ToDictionary(
                    one => MachineOf(one)!.Name, one => (IReadOnlyList<string>)[.. one.PeerURLs], StringComparer.Ordinal),
            };
        }

        if (isNew)
        {
            world.Queue.Post(random.Between(TimeSpan.Zero, LookIntervalMax), null, "start", machine.Start);
        }
    }

    // A machine is not turned off at once: until then the member may not know that it is none any more.
    private void SeeOff(SimulatedMember machine)
    {
        if (!machine.IsRemovalAsked)
        {
            throw new SimulationFailedException($"{machine.Name} is no member any more, although nobody has asked for its removal");
        }

        machine.IsListed = false;
        world.Queue.Post(random.Between(TimeSpan.Zero, LingerMax), null, "turn off", machine.TurnOff);
    }
}
