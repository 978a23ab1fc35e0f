using Etcd.Raft;

namespace Etcd.Server.Offline.Inspection;

/// <summary>A configuration as facts of a line; lists of nobody are left out.</summary>
internal static class ConfStateFacts
{
    internal static (string Name, object Value)[] Of(ConfState? configuration) => configuration is null
        ? []
        :
        [
            .. Part("voters", configuration.Voters),
            .. Part("learners", configuration.Learners),
            .. Part("voters-outgoing", configuration.VotersOutgoing),
            .. Part("learners-next", configuration.LearnersNext),
        ];

    private static (string, object)[] Part(string name, IReadOnlyList<ulong> members) =>
        members.Count == 0 ? [] : [(name, members.Select(Membership.Member.FormatId))];
}
