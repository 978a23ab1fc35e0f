using Etcd.Protocol.Rpc;
using Etcd.Proxy.Leasing;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

namespace Etcd.Proxy.Tests;

public sealed class LeasingSessionsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // A member that hangs keeps its connections open, and the lease would end while the proxy waits.
    [Fact(Timeout = 60_000)]
    public async Task Renewal_MemberDoesNotAnswer_IsAskedAgainOnANewStream()
    {
        await using LeasingFixture fixture = await LeasingFixture.StartAsync();
        LeasingSession session = await fixture.BeginAsync();

        await fixture.PassAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(1, await fixture.KeepAlives.Reader.ReadAsync(Cancellation));
        await fixture.PassAsync(TimeSpan.FromSeconds(5));
        await fixture.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(2, await fixture.KeepAlives.Reader.ReadAsync(Cancellation));
        Assert.True(session.IsValid);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("", "\0")]
    [InlineData("/leasing/", "/leasing0")]
    [InlineData("/leasing/k", "")]
    public async Task Write_OfMarksThemselves_EndsTheSession(string start, string end)
    {
        await using LeasingFixture fixture = await LeasingFixture.StartAsync();
        LeasingSession session = await fixture.BeginAsync();
        bool? wasValid = null;
        fixture.OnTxn = _ =>
        {
            wasValid = session.IsValid;
            return Done();
        };

        await DeleteAsync(fixture, start, end);
        LeasingSession next = await fixture.SessionAsync(LeasingFixture.FirstLease + 1);

        Assert.False(wasValid);
        Assert.False(session.IsValid);
        Assert.True(next.IsValid);
    }

    [Fact(Timeout = 60_000)]
    public async Task Write_OfOtherKeys_LeavesTheSession()
    {
        await using LeasingFixture fixture = await LeasingFixture.StartAsync();
        LeasingSession session = await fixture.BeginAsync();
        fixture.OnTxn = _ => Done();

        await DeleteAsync(fixture, "a", "z");

        Assert.True(session.IsValid);
    }

    private static TxnResponse Done() => new()
    {
        Header = LeasingFixture.At(LeasingFixture.Revision),
        Succeeded = true,
        Responses = { new ResponseOp { ResponseDeleteRange = new DeleteRangeResponse() } },
    };

    private static Task DeleteAsync(LeasingFixture fixture, string start, string end)
    {
        var request = new DeleteRangeRequest { Key = ByteString.CopyFromUtf8(start), RangeEnd = ByteString.CopyFromUtf8(end) };
        return fixture.Writes.WriteAsync(
            [new(request.Key, request.RangeEnd)], new RequestOp { RequestDeleteRange = request }, ForwardedCredentials.None, Cancellation);
    }
}
