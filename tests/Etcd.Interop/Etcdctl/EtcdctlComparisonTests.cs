using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>Broad scripts against a server: our etcdctl and the real one say the same, to the byte, IDs and times aside. A class for each
/// server, since the tests of one class run one after another.</summary>
public abstract class EtcdctlComparisonTests(ServerKind server)
{
    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public Task Keys_EveryFlagAndFormat_EqualTheRealOne() => EtcdctlComparison.AssertEqualAsync(server, EtcdctlScripts.Keys());

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public Task Transactions_EveryFormat_EqualTheRealOne() => EtcdctlComparison.AssertEqualAsync(server, EtcdctlScripts.Transactions());

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public Task Leases_EveryFormat_EqualTheRealOne() => EtcdctlComparison.AssertEqualAsync(server, EtcdctlScripts.Leases());

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public Task Maintenance_EveryFormat_EqualsTheRealOne() => EtcdctlComparison.AssertEqualAsync(server, EtcdctlScripts.Maintenance());

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public Task Watches_EveryFormat_EqualTheRealOne() => EtcdctlComparison.AssertEqualAsync(server, EtcdctlScripts.Watches());

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public Task Coordination_EveryWayToEnd_EqualsTheRealOne() => EtcdctlComparison.AssertEqualAsync(server, EtcdctlScripts.Coordination());

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public Task Users_EveryFormat_EqualTheRealOne() => EtcdctlComparison.AssertEqualAsync(server, EtcdctlScripts.Users());
}
