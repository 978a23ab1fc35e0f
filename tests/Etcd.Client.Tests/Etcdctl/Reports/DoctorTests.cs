using Etcd.Protocol.Rpc;
using Etcdctl.Diagnosis;
using Etcdctl.Metrics;

namespace Etcd.Client.Tests.Etcdctl.Reports;

public class DoctorTests
{
    private static readonly DateTimeOffset Now = new(2030, 6, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Examine_ThreeEqualMembers_FindsNothing()
    {
        IReadOnlyList<Finding> findings = Doctor.Examine(View([Endpoint(1), Endpoint(2), Endpoint(3)]));

        Assert.All(findings, finding => Assert.Equal(Severity.Good, finding.Severity));
        Assert.Equal(
            ["reachability", "members", "leader", "version", "lag", "alarm", "hash", "space"], findings.Select(finding => finding.Check));
    }

    [Fact]
    public void Examine_EndpointIsSilent_IsAProblem()
    {
        AssertFound(View([Endpoint(1), Endpoint(2), new EndpointView("c:2379") { Error = "refused" }]), Severity.Problem, "reachability", "c:2379 does not answer: refused");
    }

    [Fact]
    public void Examine_MembersNameTwoLeaders_IsAProblem()
    {
        AssertFound(View([Endpoint(1), Endpoint(2, leader: 2), Endpoint(3)]), Severity.Problem, "leader", "the members name 2 leaders: m1 (1), m2 (2)");
    }

    [Fact]
    public void Examine_MemberSeesNoLeader_IsAProblem()
    {
        AssertFound(View([Endpoint(1), Endpoint(2, leader: 0), Endpoint(3)]), Severity.Problem, "leader", "m2 (2) sees no leader");
    }

    [Theory]
    [InlineData(900, Severity.Good)]
    [InlineData(1000, Severity.Warning)]
    [InlineData(5000, Severity.Problem)]
    public void Examine_MemberIsBehind_IsToldByHowMuch(ulong lag, object severity)
    {
        Finding finding = Doctor.Examine(View([Endpoint(1), Endpoint(2, applied: 10_000 - lag), Endpoint(3)])).Single(finding => finding.Check == "lag");

        Assert.Equal(severity, finding.Severity);
    }

    [Fact]
    public void Examine_DataDiffers_IsAProblem()
    {
        AssertFound(
            View([Endpoint(1), Endpoint(2, hash: 8), Endpoint(3)]), Severity.Problem, "hash", "the members do not have the same data: m1 (1) 7, m2 (2) 8, m3 (3) 7");
    }

    // A member may compact a moment before another.
    [Fact]
    public void Examine_HashesOfDifferentHistory_AreNotCompared()
    {
        EndpointView other = Endpoint(2, hash: 8);
        other.Hash!.CompactRevision = 5;

        Assert.DoesNotContain(Doctor.Examine(View([Endpoint(1), other])), finding => finding.Check == "hash");
    }

    [Fact]
    public void Examine_Alarm_SaysWhatToDo()
    {
        ClusterView view = View([Endpoint(1)]) with { };
        view = new ClusterView(view.Endpoints, view.Members, [new AlarmMember { MemberID = 1, Alarm = AlarmType.Nospace }], Now);

        Finding finding = Doctor.Examine(view).Single(finding => finding.Check == "alarm");

        Assert.Equal((Severity.Problem, "NOSPACE of m1 (1): the cluster takes no writes"), (finding.Severity, finding.Message));
        Assert.Contains("etcdctl alarm disarm", finding.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void Examine_ListOfMembers_FindsWhatIsLeftOver()
    {
        Member[] members =
        [
            Member(1), Member(2),
            new Member { ID = 3, Name = "", PeerURLs = { "http://m3:2380" } },
            new Member { ID = 4, Name = "m1", PeerURLs = { "http://m1:2380" }, IsLearner = true },
        ];

        string[] found = [.. Doctor.Examine(new ClusterView([Endpoint(1), Endpoint(2)], members, [], Now)).Where(finding => finding.Check == "members").Select(finding => finding.Message)];

        Assert.Equal(
            [
                "member 3 (http://m3:2380) was added and never started",
                "2 members are called m1",
                "2 members have the peer address http://m1:2380",
                "m1 (4) is a learner: it has no vote",
            ],
            found);
    }

    [Fact]
    public void Examine_TwoVoters_IsAWarning()
    {
        Finding finding = Doctor.Examine(new ClusterView([Endpoint(1), Endpoint(2)], [Member(1), Member(2)], [], Now)).Single(finding => finding.Check == "members");

        Assert.Equal(Severity.Warning, finding.Severity);
    }

    [Theory]
    [InlineData(1600, Severity.Warning)]
    [InlineData(1950, Severity.Problem)]
    public void Examine_DatabaseNearItsQuota_IsFound(long size, object severity)
    {
        EndpointView endpoint = Endpoint(1) with { Metrics = new MetricsText("etcd_server_quota_backend_bytes 2000\n", serverTime: null, Now, Now) };
        endpoint.Status!.DbSize = size;

        Assert.Equal(severity, Doctor.Examine(View([endpoint])).Single(finding => finding.Check == "quota").Severity);
    }

    [Fact]
    public void Examine_DatabaseMostlyUnused_IsFound()
    {
        EndpointView endpoint = Endpoint(1);
        endpoint.Status!.DbSize = 200 << 20;
        endpoint.Status.DbSizeInUse = 20 << 20;

        Assert.Equal(Severity.Warning, Doctor.Examine(View([endpoint])).Single(finding => finding.Check == "fragmentation").Severity);
    }

    [Fact]
    public void Examine_ClockIsAhead_IsFound()
    {
        EndpointView endpoint = Endpoint(1) with { Metrics = new MetricsText("", Now + TimeSpan.FromSeconds(30), Now, Now) };

        Finding finding = Doctor.Examine(View([endpoint])).Single(finding => finding.Check == "clock");

        Assert.Equal((Severity.Warning, "the clock of m1 (1) is at least 30 s ahead of the one here"), (finding.Severity, finding.Message));
    }

    [Theory]
    [InlineData(-1, Severity.Problem)]
    [InlineData(20, Severity.Warning)]
    [InlineData(40, Severity.Good)]
    public void Examine_CertificateEnds_IsFound(int days, object severity)
    {
        EndpointView endpoint = Endpoint(1) with { CertificateEnd = Now + TimeSpan.FromDays(days) };

        Assert.Equal(severity, Doctor.Examine(View([endpoint])).Single(finding => finding.Check == "certificate").Severity);
    }

    [Fact]
    public void Examine_TwoClustersGiven_IsAProblem()
    {
        EndpointView stranger = Endpoint(2);
        stranger.Status!.Header.ClusterId = 99;

        AssertFound(View([Endpoint(1), stranger]), Severity.Problem, "cluster", "the endpoints belong to 2 clusters: 64, 63");
    }

    private static void AssertFound(ClusterView view, Severity severity, string check, string message)
    {
        Finding finding = Doctor.Examine(view).Single(finding => finding.Check == check && finding.Severity != Severity.Good);

        Assert.Equal((severity, message), (finding.Severity, finding.Message));
    }

    private static ClusterView View(EndpointView[] endpoints) =>
        new(endpoints, [.. Enumerable.Range(1, endpoints.Length is 2 ? 3 : endpoints.Length).Select(number => Member((ulong)number))], [], Now);

    private static Member Member(ulong id) => new() { ID = id, Name = $"m{id}", PeerURLs = { $"http://m{id}:2380" } };

    private static EndpointView Endpoint(ulong id, ulong leader = 1, ulong applied = 10_000, uint hash = 7) => new($"m{id}:2379")
    {
        Status = new StatusResponse
        {
            Header = new ResponseHeader { MemberId = id, ClusterId = 100, Revision = 50 },
            Version = "3.5.30",
            Leader = leader,
            RaftIndex = 10_000,
            RaftAppliedIndex = applied,
            RaftTerm = 2,
            DbSize = 1 << 20,
            DbSizeInUse = 1 << 20,
        },
        Hash = new HashKVResponse { Header = new ResponseHeader { MemberId = id }, Hash = hash },
    };
}
