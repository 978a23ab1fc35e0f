using System.Net;
using System.Net.Http.Headers;
using System.Text;

using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.V2;

/// <summary>Users and roles of the v2 API of this server alone: what survives, and who keeps what right.</summary>
public sealed class V2AccessTests
{
    [Fact]
    public async Task Users_AfterKillAndRestart_StillCount()
    {
        using var directory = new TemporaryDirectory();
        await using (EtcdServer server = await V2Pair.StartAsync(ServerKind.Ours, directory, TestContext.Current.CancellationToken))
        {
            using HttpClient http = Client(server);
            await EnableAsync(http);
            await server.KillAsync();
        }

        await using EtcdServer again = await V2Pair.StartAsync(ServerKind.Ours, directory, TestContext.Current.CancellationToken);
        using HttpClient guest = Client(again);
        using HttpClient root = Client(again, "root:secret");

        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(guest, HttpMethod.Get, "/v2/auth/users")).Status);
        Assert.Contains("\"user\":\"root\"", (await SendAsync(root, HttpMethod.Get, "/v2/auth/users")).Body, StringComparison.Ordinal);
    }

    // A reader who came in before the door was closed must not hear what happens behind it.
    [Theory]
    [InlineData("/v2/auth")]
    [InlineData("/v3/auth")]
    public async Task Watch_OpenedBefore_EndsWithTheFirstEventItMayNotSee(string which)
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await V2Pair.StartAsync(ServerKind.Ours, directory, TestContext.Current.CancellationToken);
        using HttpClient guest = Client(server);
        using HttpClient root = Client(server, "root:secret");
        using HttpResponseMessage watch = await guest.GetAsync(
            new Uri("/v2/keys/w?wait=true&stream=true&recursive=true", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await SendAsync(guest, HttpMethod.Put, "/v2/keys/w/a?value=open");

        if (which == "/v2/auth")
        {
            await EnableAsync(guest);
            await SendAsync(root, HttpMethod.Delete, "/v2/auth/roles/guest");
        }
        else
        {
            await SendAsync(guest, HttpMethod.Post, "/v3/auth/user/add", """{"name":"root","password":"secret"}""");
            await SendAsync(guest, HttpMethod.Post, "/v3/auth/role/add", """{"name":"root"}""");
            await SendAsync(guest, HttpMethod.Post, "/v3/auth/user/grant", """{"user":"root","role":"root"}""");
            await SendAsync(guest, HttpMethod.Post, "/v3/auth/enable", "{}");
        }

        (HttpStatusCode written, _) = await SendAsync(root, HttpMethod.Put, "/v2/keys/w/b?value=closed");
        string seen = await watch.Content.ReadAsStringAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Created, written);
        Assert.Contains("open", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("closed", seen, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tree_ThatIsFull_RefusesWritesAndAllowsDeletions()
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { DataDirectory = directory.File("data"), Flags = ["--quota-backend-bytes=1000000"] },
            TestContext.Current.CancellationToken);
        using HttpClient http = Client(server);
        using var form = new StringContent("value=" + new string('x', 400_000), Encoding.ASCII, "application/x-www-form-urlencoded");

        using HttpResponseMessage first = await http.PutAsync(new Uri("/v2/keys/a", UriKind.Relative), form, TestContext.Current.CancellationToken);
        (HttpStatusCode second, string body) = await SendAsync(http, HttpMethod.Put, "/v2/keys/b", "value=" + new string('x', 400_000));
        (HttpStatusCode deleted, _) = await SendAsync(http, HttpMethod.Delete, "/v2/keys/a");
        (HttpStatusCode third, _) = await SendAsync(http, HttpMethod.Put, "/v2/keys/b", "value=" + new string('x', 400_000));

        Assert.Equal(HttpStatusCode.Created, first.StatusCode);
        Assert.Equal(HttpStatusCode.InternalServerError, second);
        Assert.Equal(
            """{"errorCode":300,"message":"Raft Internal Error","cause":"etcdserver: mvcc: database space exceeded","index":0}""", body.TrimEnd());
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Created), (deleted, third));
    }

    [Fact]
    public async Task Form_WithMoreParametersThanAnyNeeds_IsInvalid()
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await V2Pair.StartAsync(ServerKind.Ours, directory, TestContext.Current.CancellationToken);
        using HttpClient http = Client(server);

        (HttpStatusCode status, string body) = await SendAsync(
            http, HttpMethod.Put, "/v2/keys/a", string.Join('&', Enumerable.Range(0, 100_000).Select(number => $"p{number}=1")));

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("\"errorCode\":210", body, StringComparison.Ordinal);
    }

    private static async Task EnableAsync(HttpClient http)
    {
        await SendAsync(http, HttpMethod.Put, "/v2/auth/users/root", """{"user":"root","password":"secret"}""");
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Put, "/v2/auth/enable")).Status);
    }

    private static HttpClient Client(EtcdServer server, string? credentials = null)
    {
        var http = new HttpClient { BaseAddress = server.Address };
        http.DefaultRequestHeaders.Authorization = credentials is null
            ? null
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(credentials)));
        return http;
    }

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(HttpClient http, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/x-www-form-urlencoded");
        using HttpResponseMessage reply = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return (reply.StatusCode, await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
