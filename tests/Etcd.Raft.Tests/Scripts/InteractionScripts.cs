using System.Globalization;

namespace Etcd.Raft.Tests.Scripts;

/// <summary>The commands of the interaction scripts: several nodes, a list of messages in flight, and nothing that happens by itself.</summary>
internal sealed class InteractionScripts
{
    private const int ElectionTicks = 3;

    private readonly ScriptOutput _output = new();
    private readonly List<ScriptMember> _members = [];
    private readonly ScriptCluster _cluster;

    public InteractionScripts() => _cluster = new ScriptCluster(_members, _output);

    public string Handle(ScriptDirective directive)
    {
        string? error = Execute(directive);
        string text = _output.Take();
        if (error is not null)
        {
            return _output.IsQuiet ? error : text + error;
        }

        return text.Length == 0 ? "ok" : text;
    }

    private string? Execute(ScriptDirective directive)
    {
        switch (directive.Command)
        {
            case "_breakpoint":
                return null;
            case "add-nodes":
                return AddNodes(directive);
            case "campaign":
                First(directive).Node.Campaign();
                return null;
            case "propose":
                return Propose(directive);
            case "propose-conf-change":
                return ProposeConfChange(directive);
            case "tick-election":
                Tick(First(directive), ElectionTicks);
                return null;
            case "tick-heartbeat":
                Tick(First(directive), 1);
                return null;
            case "transfer-leadership":
                Member(directive.Number("from")).Node.TransferLeadership(directive.Number("to"));
                return null;
            case "forget-leader":
                First(directive).Node.ForgetLeader();
                return null;
            case "report-unreachable":
                First(directive).Node.ReportUnreachable(directive.Ids[1]);
                return null;
            case "set-randomized-election-timeout":
                First(directive).Node.Core.Clock.RandomizedTimeoutTicks = (int)directive.Number("timeout");
                return null;
            case "log-level":
                _output.Level = Level(directive.Arguments[0].Key);
                return null;
            default:
                ExecuteOnCluster(directive);
                return null;
        }
    }

    private void ExecuteOnCluster(ScriptDirective directive)
    {
        switch (directive.Command)
        {
            case "process-ready":
                ForEach(directive, "handling Ready", _cluster.ProcessReady);
                break;
            case "process-append-thread":
                ForEach(directive, "processing append thread", _cluster.ProcessAppendThread);
                break;
            case "process-apply-thread":
                ForEach(directive, "processing apply thread", _cluster.ProcessApplyThread);
                break;
            case "deliver-msgs":
                DeliverMessages(directive);
                break;
            case "stabilize":
                Stabilize(directive);
                break;
            case "send-snapshot":
                _cluster.SendSnapshot(First(directive), directive.Ids[1]);
                break;
            case "raft-log":
                PrintLog(First(directive));
                break;
            case "compact":
                First(directive).Storage.Log.Compact(directive.Ids[1]);
                PrintLog(First(directive));
                break;
            case "raft-state":
                PrintState();
                break;
            case "status":
                PrintProgress(First(directive));
                break;
            default:
                throw new InvalidOperationException($"unknown command {directive.Command}");
        }
    }

    private string? AddNodes(ScriptDirective directive)
    {
        bool fromSnapshot = directive.Has("voters") || directive.Has("learners") || directive.Has("index") || directive.Has("content");
        ulong index = directive.Number("index");
        if (fromSnapshot && index <= 1)
        {
            return "index must be specified as > 1 due to bootstrap";
        }

        var conf = new ConfState { Voters = Ids(directive, "voters"), Learners = Ids(directive, "learners") };
        Snapshot start = fromSnapshot
            ? new Snapshot(new SnapshotMetadata(index, 1, conf), System.Text.Encoding.UTF8.GetBytes(directive.Value("content") ?? ""))
            : Snapshot.None;
        for (ulong count = directive.Ids[0]; count > 0; count--)
        {
            AddNode(directive, start);
        }

        return null;
    }

    private void AddNode(ScriptDirective directive, Snapshot start)
    {
        ulong id = (ulong)_members.Count + 1;
        var storage = new ScriptStorage();
        storage.History.Add(start);
        storage.Log.ApplySnapshot(start);
        bool asyncStorageWrites = directive.Flag("async-storage-writes");
        var node = new RaftNode(new RaftOptions
        {
            Id = id,
            ElectionTicks = ElectionTicks,
            HeartbeatTicks = 1,
            Storage = storage,
            Applied = start.Metadata.Index,
            AsyncStorageWrites = asyncStorageWrites,
            MessageBytesMax = ulong.MaxValue,
            CommittedBytesPerReadyMax = directive.Number("max-committed-size-per-ready", otherwise: ulong.MaxValue),
            InflightMessagesMax = (int)directive.Number("inflight", otherwise: int.MaxValue),
            CheckQuorum = directive.Flag("checkquorum"),
            PreVote = directive.Flag("prevote"),
            ReadOnlyOption = directive.Value("read-only") == "lease-based" ? ReadOnlyOption.LeaseBased : ReadOnlyOption.Safe,
            DisableConfChangeValidation = directive.Flag("disable-conf-change-validation"),
            StepDownOnRemoval = directive.Flag("step-down-on-removal"),
            CoalesceSends = false,
            Seed = id,
            Observer = new ScriptObserver(id, _output),
        });
        _members.Add(new ScriptMember(node, storage, asyncStorageWrites));
    }

    private string? Propose(ScriptDirective directive)
    {
        byte[] data = System.Text.Encoding.UTF8.GetBytes(directive.Arguments[1].Key);
        ulong id = ulong.Parse(directive.Arguments[0].Key, CultureInfo.InvariantCulture);
        return ErrorOf(Member(id).Node.Propose(data));
    }

    private string? ProposeConfChange(ScriptDirective directive)
    {
        IReadOnlyList<ConfChangeSingle> changes = RaftText.ParseChanges(directive.Input);
        RaftNode node = First(directive).Node;
        if (directive.Flag("v1"))
        {
            ConfChangeSingle only = Assert.Single(changes);
            return ErrorOf(node.ProposeConfChange(new ConfChange(only.Type, only.NodeId)));
        }

        ConfChangeTransition transition = directive.Value("transition") switch
        {
            "implicit" => ConfChangeTransition.JointImplicit,
            "explicit" => ConfChangeTransition.JointExplicit,
            _ => ConfChangeTransition.Auto,
        };
        return ErrorOf(node.ProposeConfChange(new ConfChangeV2 { Transition = transition, Changes = changes }));
    }

    private void DeliverMessages(ScriptDirective directive)
    {
        int delivered = 0;
        string? type = directive.Value("type");
        foreach (ScriptArgument argument in directive.Arguments)
        {
            if (argument.Values.Count == 0)
            {
                delivered += _cluster.Deliver(ulong.Parse(argument.Key, CultureInfo.InvariantCulture), drop: false, type);
            }
            else if (argument.Key == "drop")
            {
                delivered += argument.Values.Sum(id => _cluster.Deliver(ulong.Parse(id, CultureInfo.InvariantCulture), drop: true, type));
            }
        }

        if (delivered == 0)
        {
            _output.WriteLine("no messages");
        }
    }

    private void Stabilize(ScriptDirective directive)
    {
        ScriptLogLevel before = _output.Level;
        if (directive.Value("log-level") is { } level)
        {
            _output.Level = Level(level);
        }

        _cluster.Stabilize(directive.Ids.Count == 0 ? [.. _members] : [.. directive.Ids.Select(Member)]);
        _output.Level = before;
    }

    private void ForEach(ScriptDirective directive, string what, Action<ScriptMember> action)
    {
        foreach (ulong id in directive.Ids)
        {
            ScriptMember member = Member(id);
            if (directive.Ids.Count == 1)
            {
                action(member);
                continue;
            }

            _output.WriteLine($"> {id} {what}");
            _output.Indented(() => action(member));
        }
    }

    private void PrintLog(ScriptMember member)
    {
        MemoryLog log = member.Storage.Log;
        _output.Write(log.LastIndex < log.FirstIndex
            ? $"log is empty: first index={log.FirstIndex}, last index={log.LastIndex}"
            : RaftText.Lines(log.Entries(log.FirstIndex, log.LastIndex + 1, ulong.MaxValue)));
    }

    private void PrintState()
    {
        foreach (ScriptMember member in _members)
        {
            RaftStatus status = member.Node.Status;
            bool votes = status.Configuration.Voters.Contains(status.Id) || status.Configuration.VotersOutgoing.Contains(status.Id);
            _output.WriteLine($"{status.Id}: State{status.Role} ({(votes ? "Voter" : "Non-Voter")}) Term:{status.Term} Lead:{status.Leader}");
        }
    }

    private void PrintProgress(ScriptMember member)
    {
        foreach (MemberProgress progress in member.Node.Status.Progress)
        {
            _output.WriteLine($"{progress.Id}: {RaftText.Of(progress)}");
        }
    }

    private static void Tick(ScriptMember member, int ticks)
    {
        for (int i = 0; i < ticks; i++)
        {
            member.Node.Tick();
        }
    }

    private static string? ErrorOf(ProposeOutcome outcome) => outcome == ProposeOutcome.Accepted ? null : "raft proposal dropped";

    private static ScriptLogLevel Level(string name) => Enum.Parse<ScriptLogLevel>(name, ignoreCase: true);

    private static ulong[] Ids(ScriptDirective directive, string key) =>
        [.. directive.Values(key).Select(v => ulong.Parse(v, CultureInfo.InvariantCulture))];

    private ScriptMember First(ScriptDirective directive) => Member(directive.Ids[0]);

    private ScriptMember Member(ulong id) => _members[(int)id - 1];
}
