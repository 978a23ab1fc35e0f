using System.Globalization;

using Etcd.Interop.Clusters;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.V2;

/// <summary>Each error code of the v2 API, from this server and from real etcd 3.4: the same request, the same status, the same body.</summary>
public sealed class V2ErrorCodeTests
{
    [Fact]
    public void Codes_AllThatEtcdHas_AreProvokedOrExplained()
    {
        int[] provoked =
        [
            .. V2ErrorCodes.Refused.Append(V2ErrorCodes.Outdated).Append(V2ErrorCodes.Stranger).Concat(V2ErrorCodes.WithoutQuorum)
                .Select(each => each.Code).Distinct(),
        ];

        Assert.Empty(provoked.Intersect(V2ErrorCodes.Unreachable.Keys));
        Assert.Equal(V2ErrorCodes.Known, provoked.Concat(V2ErrorCodes.Unreachable.Keys).Order());
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Requests_ThatAreRefused_SayWhy(ServerKind kind)
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await V2Pair.StartAsync(kind, directory, TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = server.Address };
        await MustSucceedAsync(http, V2ErrorCodes.Preparation);

        await MustBeRefusedAsync(http, V2ErrorCodes.Refused);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Watch_OfMoreThanTheHistoryHolds_SaysSo(ServerKind kind)
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await V2Pair.StartAsync(kind, directory, TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = server.Address };
        await MustSucceedAsync(http, V2ErrorCodes.Preparation);
        await MustSucceedAsync(
            http,
            Enumerable.Range(0, V2ErrorCodes.HistoryWrites)
                .Select(number => new V2Request(string.Create(CultureInfo.InvariantCulture, $"PUT /v2/keys/next value={number}"))));

        await MustBeRefusedAsync(http, [V2ErrorCodes.Outdated]);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Key_AskedForByAStranger_IsRefused(ServerKind kind)
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await V2Pair.StartAsync(kind, directory, TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = server.Address };
        await MustSucceedAsync(http, V2ErrorCodes.Users);

        await MustBeRefusedAsync(http, [V2ErrorCodes.Stranger]);
    }

    // One of two members is dead: what needs a quorum ends with 300, what this member can tell from its own tree is told.
    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Member_WithoutQuorum_AnswersWhatItCan(ServerKind kind)
    {
        await using ProcessCluster cluster = await ProcessCluster.StartWithV2Async([kind, kind]);
        using var http = new HttpClient { BaseAddress = cluster[0].Process.Address };
        await MustSucceedAsync(http, [.. V2ErrorCodes.Preparation, .. V2ErrorCodes.Users]);
        await cluster[1].KillAsync();
        await ClusterMember.UntilAsync(async () => (await Send(http, "GET /v2/members/leader")).Status == 503);

        // At the same time: two of them take the seven seconds that etcd waits for a quorum.
        Task timeOuts = MustBeRefusedAsync(http, V2ErrorCodes.WithoutQuorum);
        Task<(int Status, string Body)> removal = Send(http, new V2Request("DELETE /v2/members/12", "root:right"));
        await MustBeRefusedAsync(http, [V2ErrorCodes.Stranger]);
        (int Status, string Body) user = await Send(http, new V2Request("GET /v2/keys/file", "root:right"));
        (int Status, string Body) users = await Send(http, new V2Request("GET /v2/auth/users", "root:right"));
        await timeOuts;

        Assert.Equal((200, """{"action":"get","node":{"key":"/file","value":"1","modifiedIndex":6,"createdIndex":6}}"""), user);
        Assert.Equal(
            (200, """{"users":[{"user":"root","roles":[{"role":"root","permissions":{"kv":{"read":["/*"],"write":["/*"]}}}]}]}"""), users);
        Assert.Equal((500, """{"message":"Internal Server Error"}"""), await removal);
    }

    public static IEnumerable<TheoryDataRow<ServerKind>> Servers()
    {
        yield return new TheoryDataRow<ServerKind>(ServerKind.Ours);
        yield return new TheoryDataRow<ServerKind>(ServerKind.Real34) { Skip = RealEtcd.IsPresent ? null : RealEtcd.AbsentReason };
    }

    private static async Task MustSucceedAsync(HttpClient http, IEnumerable<V2Request> requests)
    {
        foreach (V2Request request in requests)
        {
            (int status, string body) = await Send(http, request);
            Assert.True(status is 200 or 201, $"{request}: {status} {body}");
        }
    }

    private static Task MustBeRefusedAsync(HttpClient http, IEnumerable<V2CodeCase> cases) => Task.WhenAll(cases.Select(async each =>
    {
        (int status, string body) = await Send(http, each.Request);

        Assert.Equal((each.Request.ToString(), each.Status, each.Body), (each.Request.ToString(), status, body));
    }));

    private static Task<(int Status, string Body)> Send(HttpClient http, V2Request request) =>
        request.SendAsync(http, TestContext.Current.CancellationToken);
}
