using Etcd.Client.Calls;
using Etcd.Grpc;

namespace Etcd.Client.Tests.Kv;

// The rules of etcd's Go client: match on code and text.
public class RetryRulesTests
{
    [Theory]
    [InlineData(RpcStatusCode.Unavailable, "etcdserver: leader changed", "Repeat", "Fail")]
    [InlineData(RpcStatusCode.Unavailable, "etcdserver: request timed out", "Repeat", "Fail")]
    [InlineData(RpcStatusCode.Unavailable, "error reading from server: EOF", "Repeat", "Fail")]
    [InlineData(RpcStatusCode.Unavailable, "connection error: desc = \"refused\"", "TryNextEndpoint", "TryNextEndpoint")]
    [InlineData(RpcStatusCode.Unavailable, "there is no connection available", "TryNextEndpoint", "TryNextEndpoint")]
    [InlineData(RpcStatusCode.Unavailable, "stream terminated by RST_STREAM with error code: REFUSED_STREAM", "TryNextEndpoint", "TryNextEndpoint")]
    [InlineData(RpcStatusCode.Internal, "connection error: desc = \"refused\"", "Fail", "Fail")]
    [InlineData(RpcStatusCode.OutOfRange, "etcdserver: mvcc: required revision has been compacted", "Fail", "Fail")]
    [InlineData(RpcStatusCode.ResourceExhausted, "etcdserver: too many requests", "Fail", "Fail")]
    [InlineData(RpcStatusCode.DeadlineExceeded, "context deadline exceeded", "Fail", "Fail")]
    public void Judge_CodeAndText_DecideForReadsAndWrites(RpcStatusCode code, string text, string read, string write)
    {
        RpcException error = new(code, text);

        Assert.Equal(read, RetryRules.Judge(error, CallKind.Repeatable, hasCredentials: false).ToString());
        Assert.Equal(write, RetryRules.Judge(error, CallKind.Write, hasCredentials: false).ToString());
    }

    [Theory]
    [InlineData(RpcStatusCode.Unauthenticated, "etcdserver: invalid auth token", true)]
    [InlineData(RpcStatusCode.InvalidArgument, "etcdserver: revision of auth store is old", true)]
    [InlineData(RpcStatusCode.InvalidArgument, "etcdserver: user name is empty", true)]
    [InlineData(RpcStatusCode.Unauthenticated, "etcdserver: something else", false)]
    [InlineData(RpcStatusCode.PermissionDenied, "etcdserver: permission denied", false)]
    public void Judge_StaleToken_AsksToSignInOnlyWithCredentials(RpcStatusCode code, string text, bool signsIn)
    {
        RpcException error = new(code, text);

        Assert.Equal(signsIn, RetryRules.Judge(error, CallKind.Write, hasCredentials: true) == RetryVerdict.SignIn);
        Assert.Equal(RetryVerdict.Fail, RetryRules.Judge(error, CallKind.Write, hasCredentials: false));
    }

    [Fact]
    public void CanReopen_NoLeader_EndsTheStream()
    {
        Assert.False(RetryRules.CanReopen(new RpcException(RpcStatusCode.Unavailable, "etcdserver: no leader")));
        Assert.True(RetryRules.CanReopen(new RpcException(RpcStatusCode.Unavailable, "etcdserver: leader changed")));
        Assert.False(RetryRules.CanReopen(new RpcException(RpcStatusCode.PermissionDenied, "etcdserver: permission denied")));
    }
}
