using Etcd.Peer.Tests.Transport;
using Etcd.Protocol.Leases;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

using Microsoft.AspNetCore.Http;

namespace Etcd.Peer.Tests.Queries;

/// <summary>Questions to another member; the answers are those real etcd gives.</summary>
public class PeerQueryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task GetMembers_ListOfARealMember_IsRead()
    {
        const string List = """
            [{"id":18236573297395467683,"peerURLs":["http://b:2380","http://c:2380"],"isLearner":true},
             {"id":46,"peerURLs":["http://a:2380"],"name":"a","clientURLs":["http://a:2379"]}]
            """;
        await using RawPeer peer = await RawPeer.StartAsync(context =>
        {
            context.Response.Headers["X-Etcd-Cluster-ID"] = "8550e9cb442fab";
            return context.Response.WriteAsync(List);
        });
        await using TestMember one = await TestMember.StartAsync(1);

        PeerClusterAnswer answer = await one.Queries.GetMembersAsync(peer.Url, Cancellation);

        Assert.Equal(0x8550e9cb442fabUL, answer.ClusterId);
        Assert.Equal([46UL, 18236573297395467683UL], answer.Members.Select(member => member.Id));
        Assert.Equal(("a", "http://a:2379", false), (answer.Members[0].Name, answer.Members[0].ClientUrls.Single(), answer.Members[0].IsLearner));
        Assert.Equal(("", 0, true), (answer.Members[1].Name, answer.Members[1].ClientUrls.Count, answer.Members[1].IsLearner));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("", "[]")]
    [InlineData("xyz", "[]")]
    [InlineData("1", "nonsense")]
    [InlineData("1", """[{"name":"without id"}]""")]
    public async Task GetMembers_AnswerThatIsNone_IsAnError(string clusterId, string body)
    {
        await using RawPeer peer = await RawPeer.StartAsync(context =>
        {
            context.Response.Headers["X-Etcd-Cluster-ID"] = clusterId;
            return context.Response.WriteAsync(body);
        });
        await using TestMember one = await TestMember.StartAsync(1);

        await Assert.ThrowsAsync<PeerQueryException>(() => one.Queries.GetMembersAsync(peer.Url, Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task GetVersion_NotDecided_IsToldAsItIs()
    {
        await using RawPeer peer = await RawPeer.StartAsync(
            context => context.Response.WriteAsync("""{"etcdserver":"3.4.23","etcdcluster":"not_decided"}"""));
        await using TestMember one = await TestMember.StartAsync(1);

        Assert.Equal(new PeerVersionAnswer("3.4.23", "not_decided"), await one.Queries.GetVersionAsync(peer.Url, Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task Promote_Refused_GivesStatusAndTextWithoutTheLineEnd()
    {
        await using RawPeer peer = await RawPeer.RefusingAsync(412, "etcdserver: can only promote a learner member which is in sync with leader\n");
        await using TestMember one = await TestMember.StartAsync(1);

        PeerQueryException error = await Assert.ThrowsAsync<PeerQueryException>(
            () => one.Queries.PromoteAsync(peer.Url, 17, null, Cancellation));

        Assert.Equal((412, "etcdserver: can only promote a learner member which is in sync with leader"), (error.StatusCode, error.Message));
        Assert.Equal(["POST /members/promote/17"], peer.Asked);
    }

    [Fact(Timeout = 30_000)]
    public async Task Promote_WithAToken_PassesItOnAsItIs()
    {
        await using RawPeer peer = await RawPeer.StartAsync(context => context.Response.WriteAsync(
            context.Request.Headers.Authorization == "token.7" ? """[{"id":17,"peerURLs":null}]""" : "[]"));
        await using TestMember one = await TestMember.StartAsync(1);

        Assert.Equal(17UL, (await one.Queries.PromoteAsync(peer.Url, 17, "token.7", Cancellation)).Single().Id);
    }

    [Fact(Timeout = 30_000)]
    public async Task RenewLease_AndTimeToLive_CarryTheirMessages()
    {
        await using RawPeer peer = await RawPeer.StartAsync(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            byte[] reply = context.Request.Path == "/leases"
                ? new LeaseKeepAliveResponse { ID = LeaseKeepAliveRequest.Parser.ParseFrom(body.ToArray()).ID, TTL = 30 }.ToByteArray()
                : new LeaseInternalResponse
                {
                    LeaseTimeToLiveResponse = new LeaseTimeToLiveResponse
                    {
                        ID = LeaseInternalRequest.Parser.ParseFrom(body.ToArray()).LeaseTimeToLiveRequest.ID,
                        TTL = 12,
                        GrantedTTL = 30,
                    },
                }.ToByteArray();
            await context.Response.Body.WriteAsync(reply);
        });
        await using TestMember one = await TestMember.StartAsync(1);

        LeaseKeepAliveResponse renewed = await one.Queries.RenewLeaseAsync(peer.Url, new LeaseKeepAliveRequest { ID = 5 }, Cancellation);
        LeaseTimeToLiveResponse left = await one.Queries.GetLeaseTimeToLiveAsync(peer.Url, new LeaseTimeToLiveRequest { ID = 5 }, Cancellation);

        Assert.Equal((5L, 30L), (renewed.ID, renewed.TTL));
        Assert.Equal((5L, 12L, 30L), (left.ID, left.TTL, left.GrantedTTL));
    }

    [Fact(Timeout = 30_000)]
    public async Task GetHashKv_QuestionInTheBodyOfAGet_IsAnswered()
    {
        await using RawPeer peer = await RawPeer.StartAsync(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            bool isAsked = await body.ReadToEndAsync() == """{"revision":9}""" && context.Request.Headers["X-Etcd-Cluster-ID"] == "ab";
            await context.Response.WriteAsync(isAsked ? """{"header":{"revision":12},"hash":4178063679,"compact_revision":-1}""" : "?");
        });
        await using TestMember one = await TestMember.StartAsync(1);

        Assert.Equal(new PeerHashAnswer(12, 4178063679, -1), await one.Queries.GetHashKvAsync(peer.Url, 9, 0xab, Cancellation));
    }

    [Fact(Timeout = 30_000)]
    public async Task GetDowngradeEnabled_MemberOf34_IsAnError()
    {
        await using RawPeer old = await RawPeer.RefusingAsync(404, "404 page not found\n");
        await using TestMember one = await TestMember.StartAsync(1);

        PeerQueryException error = await Assert.ThrowsAsync<PeerQueryException>(
            () => one.Queries.GetDowngradeEnabledAsync(old.Url, Cancellation));

        Assert.Equal(404, error.StatusCode);
    }

    [Theory(Timeout = 30_000)]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("ftp://127.0.0.1:1")]
    [InlineData("nonsense")]
    public async Task GetVersion_NobodyThere_IsAnErrorWithoutStatus(string url)
    {
        await using TestMember one = await TestMember.StartAsync(1);

        PeerQueryException error = await Assert.ThrowsAsync<PeerQueryException>(() => one.Queries.GetVersionAsync(url, Cancellation));

        Assert.Equal(0, error.StatusCode);
    }
}
