namespace Etcd.Raft.Tests.Scripts;

/// <summary>The commands of the configuration change scripts.</summary>
internal sealed class ConfChangeScripts
{
    private readonly MemberTable _members = new(inflightMessagesMax: 10, inflightBytesMax: 0);
    private ulong _lastIndex;

    public string Handle(ScriptDirective directive)
    {
        try
        {
            return Change(directive);
        }
        finally
        {
            _lastIndex++;
        }
    }

    private string Change(ScriptDirective directive)
    {
        Configuration current = _members.Configuration;
        IReadOnlyList<ConfChangeSingle> changes = RaftText.ParseChanges(directive.Input);
        if (directive.Command == "leave-joint" && changes.Count > 0)
        {
            return "this command takes no input";
        }

        ChangeOutcome outcome = directive.Command switch
        {
            "simple" => ConfigurationChanger.ApplySimple(current, changes),
            "enter-joint" => ConfigurationChanger.EnterJoint(current, changes, directive.Flag("autoleave")),
            "leave-joint" => ConfigurationChanger.LeaveJoint(current),
            _ => throw new InvalidOperationException($"unknown command {directive.Command}"),
        };
        if (outcome.Fault != ChangeFault.None)
        {
            return Describe(outcome.Fault);
        }

        _members.Switch(outcome.Configuration, outcome.Dropped, _lastIndex);
        return RaftText.Of(_members.Configuration.ConfState) + "\n"
            + string.Concat(_members.Members.ToArray().Select(m => $"{m.Id}: {RaftText.Of(m.View)}\n"));
    }

    private static string Describe(ChangeFault fault) => fault switch
    {
        ChangeFault.AlreadyJoint => "config is already joint",
        ChangeFault.NotJoint => "can't leave a non-joint config",
        ChangeFault.NoVotersToLeaveFrom => "can't make a zero-voter config joint",
        ChangeFault.SimpleChangeWhileJoint => "can't apply simple config change in joint config",
        ChangeFault.SeveralVotersInSimpleChange => "more than one voter changed without entering joint config",
        ChangeFault.AllVotersRemoved => "removed all voters",
        _ => throw new ArgumentOutOfRangeException(nameof(fault)),
    };
}
