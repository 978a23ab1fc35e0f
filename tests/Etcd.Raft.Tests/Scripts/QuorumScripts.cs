using System.Globalization;
using System.Text;

namespace Etcd.Raft.Tests.Scripts;

/// <summary>The commands of the quorum scripts.</summary>
internal static class QuorumScripts
{
    public static string Handle(ScriptDirective directive)
    {
        ulong[] incoming = Ids(directive, "cfg");
        ulong[] outgoing = directive.Value("cfgj") == "zero" ? [] : Ids(directive, "cfgj");
        var quorum = new JointQuorum(Majority(incoming), Majority(outgoing));
        ulong[] order = [.. incoming.Concat(outgoing).Distinct()];
        return directive.Command switch
        {
            "vote" => $"Vote{quorum.Tally(new Answers(order, directive.Values("votes")))}",
            "committed" => Committed(quorum, new Answers(order, directive.Values("idx"))),
            _ => throw new InvalidOperationException($"unknown command {directive.Command}"),
        };
    }

    private static string Committed(JointQuorum quorum, Answers answers)
    {
        ulong committed = quorum.CommittedIndex(answers);
        string index = committed == ulong.MaxValue ? "∞" : committed.ToString(CultureInfo.InvariantCulture);
        return $"{Describe(quorum.Ids, answers)}{index}\n";
    }

    /// <summary>One bar per voter, as long as the number of voters that have acknowledged less.</summary>
    private static string Describe(IReadOnlyList<ulong> voters, Answers answers)
    {
        if (voters.Count == 0)
        {
            return "<empty majority quorum>";
        }

        List<ulong> byIndex = [.. voters.OrderBy(answers.AcknowledgedBy).ThenBy(id => id)];
        var text = new StringBuilder();
        text.Append(' ', voters.Count).Append("    idx\n");
        foreach (ulong id in voters)
        {
            int position = byIndex.IndexOf(id);
            bool isFirstOfItsIndex = position > 0
                && answers.AcknowledgedBy(byIndex[position - 1]) < answers.AcknowledgedBy(id);
            int bar = isFirstOfItsIndex ? position : 0;
            string drawn = answers.IsKnown(id)
                ? new string('x', bar) + '>' + new string(' ', voters.Count - bar)
                : '?' + new string(' ', voters.Count);
            text.Append(CultureInfo.InvariantCulture, $"{drawn} {answers.AcknowledgedBy(id),5}    (id={id})\n");
        }

        return text.ToString();
    }

    private static ulong[] Ids(ScriptDirective directive, string key) =>
        [.. directive.Values(key).Select(v => ulong.Parse(v, CultureInfo.InvariantCulture))];

    private static MajorityQuorum Majority(ulong[] ids) => new([.. ids.Order()]);

    /// <summary>Values given to voters in order; <c>_</c> for none.</summary>
    private sealed class Answers(ulong[] order, IReadOnlyList<string> values) : IVotes, IAcknowledgedIndexes
    {
        public bool IsKnown(ulong id) => ValueOf(id) != "_";

        public bool? VoteOf(ulong id) => ValueOf(id) switch
        {
            "y" => true,
            "n" => false,
            _ => null,
        };

        public ulong AcknowledgedBy(ulong id) =>
            IsKnown(id) ? ulong.Parse(ValueOf(id), CultureInfo.InvariantCulture) : 0;

        private string ValueOf(ulong id) => values[Array.IndexOf(order, id)];
    }
}
