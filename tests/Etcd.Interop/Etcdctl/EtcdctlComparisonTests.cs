using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>Broad scripts against a server: our etcdctl and the real one say the same, to the byte, IDs and times aside.</summary>
public class EtcdctlComparisonTests
{
    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Real35)]
    [InlineData(ServerKind.Ours)]
    public Task Keys_EveryFlagAndFormat_EqualTheRealOne(ServerKind server) =>
        EtcdctlComparison.AssertEqualAsync(server, EtcdctlScripts.Keys());

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Real35)]
    [InlineData(ServerKind.Ours)]
    public Task Transactions_EveryFormat_EqualTheRealOne(ServerKind server) =>
        EtcdctlComparison.AssertEqualAsync(server, EtcdctlScripts.Transactions());

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Real35)]
    [InlineData(ServerKind.Ours)]
    public Task Leases_EveryFormat_EqualTheRealOne(ServerKind server) =>
        EtcdctlComparison.AssertEqualAsync(server, EtcdctlScripts.Leases());

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Real35)]
    [InlineData(ServerKind.Ours)]
    public Task Maintenance_EveryFormat_EqualsTheRealOne(ServerKind server) =>
        EtcdctlComparison.AssertEqualAsync(server, EtcdctlScripts.Maintenance());

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Real35)]
    [InlineData(ServerKind.Ours)]
    public Task Watches_EveryFormat_EqualTheRealOne(ServerKind server) =>
        EtcdctlComparison.AssertEqualAsync(server, EtcdctlScripts.Watches());

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Real35)]
    [InlineData(ServerKind.Ours)]
    public Task Coordination_EveryWayToEnd_EqualsTheRealOne(ServerKind server) =>
        EtcdctlComparison.AssertEqualAsync(server, EtcdctlScripts.Coordination());

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Real35)]
    [InlineData(ServerKind.Ours)]
    public Task Users_EveryFormat_EqualTheRealOne(ServerKind server) =>
        EtcdctlComparison.AssertEqualAsync(server, EtcdctlScripts.Users());
}
