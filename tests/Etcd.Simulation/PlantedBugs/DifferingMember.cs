using Etcd.Raft;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>One member notes other addresses for clients in its list of members than the others do.</summary>
internal sealed class DifferingMember : PlantedBug
{
    private ulong _misled;

    public override IEnumerable<RaftMessage> Tamper(RaftMessage message)
    {
        if (message.Type != MessageType.Append || !message.Entries.ToArray().Any(static entry => At(entry) >= 0))
        {
            return [message];
        }

        _misled = _misled == 0 ? message.To : _misled;
        return message.To != _misled ? [message] : [WithOtherAddresses(message)];
    }

    private static int At(Entry entry) => entry.Data.Span.IndexOf(":2379"u8);

    private static RaftMessage WithOtherAddresses(RaftMessage message) => new()
    {
        Type = message.Type,
        To = message.To,
        From = message.From,
        Term = message.Term,
        LogTerm = message.LogTerm,
        Index = message.Index,
        Commit = message.Commit,
        Entries = message.Entries.ToArray().Select(WithOtherAddress).ToArray(),
    };

    private static Entry WithOtherAddress(Entry entry)
    {
        if (At(entry) is not (>= 0 and int at))
        {
            return entry;
        }

        byte[] data = entry.Data.ToArray();
        data[at + 1] = (byte)'3';
        return entry with { Data = data };
    }
}
