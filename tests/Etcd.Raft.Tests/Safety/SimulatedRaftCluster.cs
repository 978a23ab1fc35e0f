using Etcd.Raft.Tests.Scripts;

namespace Etcd.Raft.Tests.Safety;

/// <summary>Several members on a bad network with bad luck, all drawn from one seed.</summary>
internal sealed class SimulatedRaftCluster
{
    private readonly Random _random;
    private readonly SimulatedNetwork _network;
    private readonly List<SimulatedMember> _members = [];
    private readonly RaftOptions _options;
    private ulong _proposals;

    public SimulatedRaftCluster(ulong seed, SimulatedFaults faults = SimulatedFaults.None)
    {
        _random = new Random((int)seed);
        _network = new SimulatedNetwork(_random);
        int voters = _random.Next(2) == 0 ? 3 : 5;
        int spare = _random.Next(3);
        _options = DrawOptions(seed);
        var conf = new ConfState { Voters = [.. Enumerable.Range(1, voters).Select(i => (ulong)i)] };
        for (ulong id = 1; id <= (ulong)(voters + spare); id++)
        {
            var member = new SimulatedMember(id, Checker, faults, OptionsOf);
            if (id <= (ulong)voters)
            {
                member.Disk.ApplySnapshot(new Snapshot(new SnapshotMetadata(1, 1, conf), default));
            }

            member.Start();
            _members.Add(member);
        }
    }

    public SafetyChecker Checker { get; } = new();

    public int Crashes => _members.Sum(m => m.Starts - 1);

    /// <summary>Lets things happen at random.</summary>
    public void Run(int events)
    {
        for (int i = 0; i < events; i++)
        {
            if (i % 400 == 0)
            {
                ChangeWeather();
            }

            SimulatedMember member = _members[_random.Next(_members.Count)];
            if (member.Node is null)
            {
                RestartSometimes(member);
            }
            else
            {
                Act(member);
                member.CheckCommitted();
            }
        }
    }

    /// <summary>Heals everything and lets the cluster settle.</summary>
    /// <returns>What is wrong with it then: not all members have applied the same log, or no proposal was taken; <see langword="null"/> if nothing is.</returns>
    public string? Settle()
    {
        _network.Heal();
        _network.LossRate = 0;
        _network.DuplicateRate = 0;
        foreach (SimulatedMember member in _members.Where(m => m.Node is null))
        {
            member.Start();
        }

        bool proposed = false;
        for (int round = 0; round < 400; round++)
        {
            if (round == 150)
            {
                StopRemovedMembers();
            }

            foreach (SimulatedMember member in _members.Where(m => m.Node is not null))
            {
                member.Node!.Tick();
                ReportLostSnapshots(member.Node);
                proposed |= round > 200 && !proposed && member.Node.SoftState.Role == RaftRole.Leader
                    && Propose(member) == ProposeOutcome.Accepted;
            }

            Quiesce();
        }

        SimulatedMember? leader = _members.Find(m => m.Node?.SoftState.Role == RaftRole.Leader);
        bool same = leader is not null && leader.Node!.Status.Progress.All(p => Member(p.Id).Applied == leader.Applied);
        return proposed && same ? null : string.Join('\n', _members.Select(Describe));
    }

    private static T Pick<T>(Random random, params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    private RaftOptions DrawOptions(ulong seed)
    {
        bool checkQuorum = _random.Next(2) == 0;
        return new RaftOptions
        {
            Id = 1,
            Storage = new MemoryLog(),
            ElectionTicks = 5,
            HeartbeatTicks = 1,
            AsyncStorageWrites = seed % 4 != 0,
            CheckQuorum = checkQuorum,
            PreVote = _random.Next(2) == 0,
            CoalesceSends = _random.Next(2) == 0,
            StepDownOnRemoval = _random.Next(2) == 0,
            MessageBytesMax = Pick<ulong>(_random, 0, 40, 1 << 20),
            CommittedBytesPerReadyMax = Pick<ulong>(_random, 1, 60, 1 << 20),
            InflightMessagesMax = Pick(_random, 1, 4, 256),
        };
    }

    private RaftOptions OptionsOf(SimulatedMember member) => _options with
    {
        Id = member.Id,
        Storage = member.Disk,
        Seed = (member.Id * 1000) + (ulong)member.Starts,
        Observer = member,
    };

    private SimulatedMember Member(ulong id) => _members[(int)id - 1];

    private void ChangeWeather()
    {
        _network.LossRate = Pick(_random, 0, 0.02, 0.2);
        _network.DuplicateRate = Pick(_random, 0, 0.05);
        if (_random.Next(2) == 0)
        {
            _network.Partition([.. _members.Select(m => m.Id)]);
        }
        else
        {
            _network.Heal();
        }
    }

    private void RestartSometimes(SimulatedMember member)
    {
        if (_random.Next(8) == 0)
        {
            member.Start();
        }
    }

    private void Act(SimulatedMember member)
    {
        switch (_random.Next(1000))
        {
            case < 40:
                member.Node!.Tick();
                break;
            case < 500:
                WorkOnce(member);
                break;
            case < 530:
                Propose(member);
                break;
            case < 545:
                member.AskForReadIndex();
                break;
            case < 550:
                member.Compact(keep: (ulong)_random.Next(4));
                break;
            case < 553:
                member.Crash(writesThatReachTheDisk: _random.Next(3));
                break;
            case < 558:
                ChangeMembership(member);
                break;
            case < 564:
                Meddle(member, _members[_random.Next(_members.Count)].Id);
                break;
            default:
                Deliver();
                break;
        }
    }

    /// <summary>Does one piece of work, if there is any of the kind drawn.</summary>
    private void WorkOnce(SimulatedMember member)
    {
        int kind = _random.Next(4);
        if (kind <= 1 && member.Node!.HasReady)
        {
            member.HandleReady(message => Send(member, message));
        }
        else if (kind == 2 && member.HasAppendWork)
        {
            member.WriteLog(message => Send(member, message));
        }
        else if (kind == 3 && member.HasApplyWork)
        {
            member.Apply(message => Send(member, message));
        }
    }

    /// <summary>What operators and transports tell a node.</summary>
    private void Meddle(SimulatedMember member, ulong about)
    {
        switch (_random.Next(5))
        {
            case 0:
                member.Node!.TransferLeadership(about);
                break;
            case 4:
                member.Node!.Campaign();
                break;
            case 1:
                member.Node!.ForgetLeader();
                break;
            case 2:
                member.Node!.ReportUnreachable(about);
                break;
            case 3:
                member.Node!.ReportSnapshot(about, delivered: _random.Next(2) == 0);
                break;
        }
    }

    private ProposeOutcome Propose(SimulatedMember member) =>
        member.Node!.Propose(System.Text.Encoding.UTF8.GetBytes($"p{_proposals++}"));

    /// <summary>Proposes a change that fits the leader's configuration; the leader refuses it if another one is pending.</summary>
    private void ChangeMembership(SimulatedMember leader)
    {
        if (leader.Node!.SoftState.Role != RaftRole.Leader)
        {
            return;
        }

        ConfState conf = leader.Node.Status.Configuration;
        if (conf.VotersOutgoing.Count > 0)
        {
            leader.Node.ProposeConfChange(ConfChangeV2.LeaveJoint);
            return;
        }

        ulong target = _members[_random.Next(_members.Count)].Id;
        bool wouldShrink = conf.Voters.Contains(target) && conf.Voters.Count <= 2;
        ConfChangeType type = wouldShrink
            ? ConfChangeType.AddNode
            : Pick(_random, ConfChangeType.AddNode, ConfChangeType.AddNode, ConfChangeType.RemoveNode, ConfChangeType.AddLearnerNode);
        var change = new ConfChangeV2
        {
            Transition = Pick(_random, ConfChangeTransition.Auto, ConfChangeTransition.JointImplicit, ConfChangeTransition.JointExplicit),
            Changes = [new ConfChangeSingle(type, target)],
        };
        leader.Node.ProposeConfChange(change);
    }

    private static string Describe(SimulatedMember member)
    {
        if (member.Node is null)
        {
            return $"{member.Id} is down, applied {member.Applied}";
        }

        RaftStatus status = member.Node.Status;
        string progress = string.Concat(status.Progress.Select(p => $"\n  {p.Id}: {RaftText.Of(p)}"));
        return $"{status.Id} {status.Role} term {status.Term} lead {status.Leader} commit {status.Commit} applied {status.Applied} "
            + $"first {member.Disk.FirstIndex} last {member.Disk.LastIndex} {RaftText.Of(status.Configuration)}{progress}";
    }

    /// <summary>Stops who is no member any more, once the others had time to learn of it. A removed leader would lead on without taking
    /// proposals, and a removed member that does not know of it would disturb every leader with elections.</summary>
    private void StopRemovedMembers()
    {
        ConfState newest = _members.Where(m => m.Node is not null).MaxBy(m => m.Applied)!.Node!.Status.Configuration;
        HashSet<ulong> remaining = [.. newest.Voters, .. newest.VotersOutgoing, .. newest.Learners];
        foreach (SimulatedMember member in _members.Where(m => !remaining.Contains(m.Id)))
        {
            member.Crash(writesThatReachTheDisk: 0);
        }
    }

    /// <summary>What a transport owes its node: nothing is sent to a member until its snapshot's fate is known.</summary>
    private static void ReportLostSnapshots(RaftNode node)
    {
        foreach (MemberProgress progress in node.Status.Progress)
        {
            if (progress.State == ProgressState.Snapshot)
            {
                node.ReportSnapshot(progress.Id, delivered: false);
            }
        }
    }

    private void Send(SimulatedMember sender, RaftMessage message) => _network.Send(sender.Id, message);

    private void Deliver()
    {
        if (_network.Count == 0)
        {
            return;
        }

        RaftMessage? message = _network.TakeAny();
        if (message is not null && Member(message.To) is { Node: not null } receiver)
        {
            receiver.Step(message);
            receiver.CheckCommitted();
        }
    }

    private void Quiesce()
    {
        bool busy = true;
        for (int i = 0; busy && i < 200; i++)
        {
            busy = _network.Count > 0;
            while (_network.Count > 0)
            {
                Deliver();
            }

            foreach (SimulatedMember member in _members.Where(m => m.Node is not null))
            {
                busy |= Work(member);
                member.CheckCommitted();
            }
        }
    }

    private bool Work(SimulatedMember member)
    {
        bool worked = false;
        while (member.Node!.HasReady || member.HasAppendWork || member.HasApplyWork)
        {
            worked = true;
            if (member.Node.HasReady)
            {
                member.HandleReady(message => Send(member, message));
            }

            if (member.HasAppendWork)
            {
                member.WriteLog(message => Send(member, message));
            }

            if (member.HasApplyWork)
            {
                member.Apply(message => Send(member, message));
            }
        }

        return worked;
    }
}
