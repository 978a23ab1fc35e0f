using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop;

/// <summary>The servers a test runs against: this repository's, and real etcd 3.5 as the control that shows the test to be right.</summary>
public static class Subjects
{
    /// <summary>Theory data: one row for each server.</summary>
    public static IEnumerable<TheoryDataRow<ServerKind>> Both()
    {
        yield return new TheoryDataRow<ServerKind>(ServerKind.Ours);
        yield return new TheoryDataRow<ServerKind>(ServerKind.Real35) { Skip = RealEtcd.IsPresent ? null : RealEtcd.AbsentReason };
    }
}
