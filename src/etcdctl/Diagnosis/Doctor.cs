namespace Etcdctl.Diagnosis;

/// <summary>All checks, in the order in which they are told.</summary>
internal static class Doctor
{
    /// <summary>Checks what was seen.</summary>
    public static IReadOnlyList<Finding> Examine(ClusterView view) =>
    [
        .. ReachabilityRules.Check(view),
        .. MembershipRules.Check(view),
        .. AgreementRules.Check(view),
        .. SpaceRules.Check(view),
        .. SurroundingsRules.Check(view),
    ];
}
