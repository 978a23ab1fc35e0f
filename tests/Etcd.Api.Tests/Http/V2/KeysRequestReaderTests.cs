using System.Text;

using Etcd.Api.Http;
using Etcd.Api.Http.V2;
using Etcd.Protocol.Replication;
using Etcd.V2;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Tests.Http.V2;

/// <summary>Parameters of <c>/v2/keys</c>; refusals were seen on real etcd 3.4.23.</summary>
public sealed class KeysRequestReaderTests
{
    private const long Now = 1_000_000_000_000_000_000;

    [Fact]
    public async Task Read_PlainPut_HasEveryFieldThatEtcdWrites()
    {
        Request request = await AcceptAsync("PUT", "/a//b/../c", "", "value=x");

        Assert.Equal(
            ("PUT", "/1/a/c", "x", false, "", 0UL, 0L), (request.Method, request.Path, request.Val, request.Dir, request.PrevValue, request.PrevIndex, request.Expiration));
        Assert.True(request is { HasDir: true, HasPrevValue: true, HasWait: true, HasSince: true, HasTime: true, HasStream: true });
        Assert.False(request.HasPrevExist);
        Assert.False(request.HasRefresh);
    }

    [Theory]
    [InlineData("value=query", "value=body", "body")]
    [InlineData("value=query", "", "query")]
    [InlineData("", "value=a&value=b", "a")]
    [InlineData("", "value=a%20b+c%2B", "a b c+")]
    [InlineData("", "value=%E6%97%A5", "日")]
    [InlineData("", "value", "")]
    [InlineData("", "value=a=b", "a=b")]
    public async Task Read_Value_IsTheFirstOfBodyThenQuery(string query, string body, string value) =>
        Assert.Equal(value, (await AcceptAsync("PUT", "/a", query, body)).Val);

    [Fact]
    public async Task Read_BodyOfADeletion_IsNotRead() =>
        Assert.Equal("", (await AcceptAsync("DELETE", "/a", "", "prevValue=x")).PrevValue);

    [Fact]
    public async Task Read_BodyOfAnotherType_IsNotRead() =>
        Assert.Equal("", (await AcceptAsync("PUT", "/a", "", "value=x", "text/plain")).Val);

    [Fact]
    public async Task Read_Ttl_CountsFromNow() => Assert.Equal(Now + 5_000_000_000, (await AcceptAsync("PUT", "/a", "ttl=5", "")).Expiration);

    [Fact]
    public async Task Read_EmptyTtl_IsNone() => Assert.Equal(0, (await AcceptAsync("PUT", "/a", "ttl=", "")).Expiration);

    [Theory]
    [InlineData("1", true)]
    [InlineData("t", true)]
    [InlineData("TRUE", true)]
    [InlineData("0", false)]
    [InlineData("F", false)]
    [InlineData("False", false)]
    public async Task Read_Truth_HasGosForms(string text, bool value) =>
        Assert.Equal(value, (await AcceptAsync("GET", "/a", $"recursive={text}", "")).Recursive);

    [Theory]
    [InlineData("PUT", "prevIndex=x", 203, "invalid value for \"prevIndex\"")]
    [InlineData("PUT", "prevIndex=", 203, "invalid value for \"prevIndex\"")]
    [InlineData("GET", "waitIndex=-1", 203, "invalid value for \"waitIndex\"")]
    [InlineData("GET", "recursive=yes", 209, "invalid value for \"recursive\"")]
    [InlineData("GET", "sorted=", 209, "invalid value for \"sorted\"")]
    [InlineData("PUT", "prevExist=maybe", 209, "invalid value for prevExist")]
    [InlineData("PUT", "refresh=maybe", 209, "invalid value for refresh")]
    [InlineData("PUT", "wait=true", 209, "\"wait\" can only be used with GET requests")]
    [InlineData("PUT", "prevValue=", 201, "\"prevValue\" cannot be empty")]
    [InlineData("PUT", "ttl=-1", 202, "invalid value for \"ttl\"")]
    [InlineData("PUT", "ttl=99999999999999999999", 202, "invalid value for \"ttl\"")]
    [InlineData("PUT", "refresh=true&value=x&ttl=5", 211, "A value was provided on a refresh")]
    [InlineData("PUT", "refresh=true", 212, "No TTL value set")]
    [InlineData("PUT", "value=%zz", 210, "invalid URL escape \"%zz\"")]
    [InlineData("PUT", "value=%2", 210, "invalid URL escape \"%2\"")]
    [InlineData("PUT", "a=1;b=2", 210, "invalid semicolon separator in query")]
    [InlineData("GET", "waitIndex=x&recursive=y&sorted=z", 203, "invalid value for \"waitIndex\"")]
    public async Task Read_Mistake_IsRefusedAsByEtcd(string method, string query, int code, string cause)
    {
        RequestForm form = await FormAsync(method, query, "", FormType);

        (KeysRequest? request, V2Error? error) = KeysRequestReader.Read(form, method, "/a", Now);

        Assert.Null(request);
        Assert.Equal(new V2Error((V2ErrorCode)code, cause, 0), error);
    }

    // Any bytes may come; each must end in a request or a refusal.
    [Fact]
    public async Task Read_AnyBytes_NeverThrows()
    {
        var random = new Random(7);
        byte[] alphabet = "%&=;+aA0zvalue\u00ff\0 "u8.ToArray();
        for (int round = 0; round < 2_000; round++)
        {
            byte[] body = [.. Enumerable.Range(0, random.Next(40)).Select(_ => alphabet[random.Next(alphabet.Length)])];
            RequestForm form = await FormAsync("PUT", "", body, FormType);

            (KeysRequest? request, V2Error? error) = KeysRequestReader.Read(form, "PUT", "/a", Now);

            Assert.True(request is null != error is null);
        }
    }

    [Theory]
    [InlineData("/v2/keys/a", "/v2/keys/a")]
    [InlineData("/v2/keys/a/", "/v2/keys/a/")]
    [InlineData("/v2/keys//a", "/v2/keys/a")]
    [InlineData("/v2/keys/../members", "/v2/members")]
    [InlineData("/v2/keys/./a", "/v2/keys/a")]
    [InlineData("/../..", "/")]
    public void Clean_AnyPath_HasNoWayUp(string path, string clean) => Assert.Equal(clean, RequestPath.Clean(path));

    private const string FormType = "application/x-www-form-urlencoded";

    private static async Task<Request> AcceptAsync(string method, string key, string query, string body, string type = FormType)
    {
        RequestForm form = await FormAsync(method, query, body, type);
        (KeysRequest? request, V2Error? error) = KeysRequestReader.Read(form, method, key, Now);
        Assert.Null(error);
        return request!.Request;
    }

    private static Task<RequestForm> FormAsync(string method, string query, string body, string type) =>
        FormAsync(method, query, Encoding.UTF8.GetBytes(body), type);

    private static async Task<RequestForm> FormAsync(string method, string query, byte[] body, string type)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.QueryString = query.Length > 0 ? new QueryString("?" + query) : default;
        context.Request.ContentType = type;
        context.Request.Body = new MemoryStream(body);
        return await RequestForm.ReadAsync(context);
    }
}
