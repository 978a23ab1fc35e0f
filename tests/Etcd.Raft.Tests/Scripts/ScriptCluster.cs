namespace Etcd.Raft.Tests.Scripts;

/// <summary>Carries out Ready cycles, storage work and the delivery of messages between the nodes of a script.</summary>
internal sealed class ScriptCluster(List<ScriptMember> members, ScriptOutput output)
{
    private readonly List<RaftMessage> _inFlight = [];

    public void ProcessReady(ScriptMember member)
    {
        Ready ready = member.Node.TakeReady();
        output.Write(RaftText.Of(ready));
        if (!member.AsyncStorageWrites)
        {
            member.Append(ready.HardState, ready.Entries, ready.Snapshot);
            member.Apply(ready.CommittedEntries);
        }

        foreach (RaftMessage message in ready.Messages)
        {
            switch (message.To)
            {
                case RaftMessage.LocalAppendThread:
                    member.AppendWork.Enqueue(message);
                    break;
                case RaftMessage.LocalApplyThread:
                    member.ApplyWork.Enqueue(message);
                    break;
                default:
                    _inFlight.Add(message);
                    break;
            }
        }

        if (!member.AsyncStorageWrites)
        {
            member.Node.Advance();
        }
    }

    public void ProcessAppendThread(ScriptMember member) => Process(
        member.AppendWork,
        "no append work to perform",
        work => member.Append(work.HardState, work.Entries, work.Snapshot));

    public void ProcessApplyThread(ScriptMember member) => Process(
        member.ApplyWork,
        "no apply work to perform",
        work => member.Apply(work.Entries));

    /// <summary>Delivers or drops the messages to one member.</summary>
    /// <returns>How many there were.</returns>
    public int Deliver(ulong to, bool drop, string? type)
    {
        List<RaftMessage> messages = MessagesTo(to, drop, type);
        _inFlight.RemoveAll(messages.Contains);
        foreach (RaftMessage message in messages)
        {
            output.WriteLine((drop ? "dropped: " : "") + RaftText.Of(message));
            if (drop)
            {
                continue;
            }

            string? error = members[(int)to - 1].Node.Step(message) switch
            {
                StepOutcome.ProposalDropped => "raft proposal dropped",
                StepOutcome.UnknownPeer => "raft: cannot step as peer not found",
                StepOutcome.LocalMessageFromPeer => "raft: cannot step raft local message",
                _ => null,
            };
            if (error is not null)
            {
                output.WriteLine(error);
            }
        }

        return messages.Count;
    }

    public void Stabilize(IReadOnlyList<ScriptMember> selected)
    {
        bool done;
        do
        {
            done = true;
            foreach (ScriptMember member in selected.Where(m => m.Node.HasReady))
            {
                done = false;
                Under(member, "handling Ready", () => ProcessReady(member));
            }

            foreach (ScriptMember member in selected.Where(m => MessagesTo(m.Id, drop: false, type: null).Count > 0))
            {
                done = false;
                Under(member, "receiving messages", () => Deliver(member.Id, drop: false, type: null));
            }

            foreach (ScriptMember member in selected.Where(m => m.AppendWork.Count > 0))
            {
                done = false;
                Under(member, "processing append thread", () => ProcessAll(member.AppendWork, () => ProcessAppendThread(member)));
            }

            foreach (ScriptMember member in selected.Where(m => m.ApplyWork.Count > 0))
            {
                done = false;
                Under(member, "processing apply thread", () => ProcessAll(member.ApplyWork, () => ProcessApplyThread(member)));
            }
        }
        while (!done);
    }

    public void SendSnapshot(ScriptMember from, ulong to)
    {
        var message = new RaftMessage
        {
            Type = MessageType.Snapshot,
            From = from.Id,
            To = to,
            Term = from.Node.Term,
            Snapshot = from.Storage.History[^1],
        };
        _inFlight.Add(message);
        output.Write(RaftText.Of(message));
    }

    private static void ProcessAll(Queue<RaftMessage> work, Action one)
    {
        while (work.Count > 0)
        {
            one();
        }
    }

    private void Process(Queue<RaftMessage> queue, string nothing, Action<RaftMessage> perform)
    {
        if (!queue.TryDequeue(out RaftMessage? work))
        {
            output.Write(nothing);
            return;
        }

        output.WriteLine("Processing:");
        output.WriteLine(RaftText.Of(work, withResponses: false));
        perform(work);
        output.WriteLine("Responses:");
        foreach (RaftMessage response in work.Responses)
        {
            output.WriteLine(RaftText.Of(response));
        }

        _inFlight.AddRange(work.Responses);
    }

    private void Under(ScriptMember member, string what, Action action)
    {
        output.WriteLine($"> {member.Id} {what}");
        output.Indented(action);
    }

    private List<RaftMessage> MessagesTo(ulong to, bool drop, string? type) => _inFlight.FindAll(message =>
        message.To == to && !(drop && IsLocal(message)) && (type is null || RaftText.Of(message.Type) == type));

    private static bool IsLocal(RaftMessage message) =>
        message.From == message.To || message.From is RaftMessage.LocalAppendThread or RaftMessage.LocalApplyThread;
}
