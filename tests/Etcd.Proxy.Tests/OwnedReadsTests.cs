using Etcd.Protocol.Rpc;
using Etcd.Proxy.Leasing;

using Google.Protobuf;

namespace Etcd.Proxy.Tests;

// Whoever watches from behind the revision of an answer must miss nothing: no change lies between the value and that revision.
public sealed class OwnedReadsTests
{
    private const long Later = LeasingFixture.Revision + 10;

    private static readonly ByteString Key = ByteString.CopyFromUtf8("k");

    [Theory(Timeout = 60_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TryRead_OthersSeeLaterRevisionsDuringTheRead_HasTheHeaderOfTheRead(bool isAcquired)
    {
        await using LeasingFixture fixture = await LeasingFixture.StartAsync();
        await fixture.BeginAsync();
        fixture.OnTxn = request => Meanwhile(fixture, Read(isAcquired));

        RangeResponse answer = await fixture.ReadAsync(Key);

        Assert.Equal(LeasingFixture.Revision, answer.Header.Revision);
    }

    [Fact(Timeout = 60_000)]
    public async Task TryRead_AnswerIsFetchedAgain_HasTheHeaderOfThatRead()
    {
        await using LeasingFixture fixture = await LeasingFixture.StartAsync();
        LeasingSession session = await fixture.BeginAsync();
        fixture.OnTxn = _ => Read(isAcquired: true);
        fixture.OnRange = _ => Meanwhile(fixture, new RangeResponse { Header = LeasingFixture.At(LeasingFixture.Revision + 1) });
        await fixture.ReadAsync(Key);
        session.Keys.BeginWrite([new(Key, ByteString.Empty)]).Dispose();

        RangeResponse answer = await fixture.ReadAsync(Key);

        Assert.Equal(LeasingFixture.Revision + 1, answer.Header.Revision);
    }

    // Nobody has written the key up to then, and revisions do not go back for whoever reads several keys.
    [Fact(Timeout = 60_000)]
    public async Task TryRead_FromMemory_HasTheLatestHeaderSeen()
    {
        await using LeasingFixture fixture = await LeasingFixture.StartAsync();
        await fixture.BeginAsync();
        fixture.OnTxn = _ => Read(isAcquired: true);
        await fixture.ReadAsync(Key);
        fixture.Cluster.Saw(LeasingFixture.At(Later));

        RangeResponse answer = await fixture.ReadAsync(Key);

        Assert.Equal(Later, answer.Header.Revision);
    }

    private static TxnResponse Read(bool isAcquired) => new()
    {
        Header = LeasingFixture.At(LeasingFixture.Revision),
        Succeeded = isAcquired,
        Responses =
        {
            new ResponseOp { ResponseRange = new RangeResponse() },
            isAcquired ? new ResponseOp { ResponsePut = new PutResponse() } : new ResponseOp { ResponseRange = new RangeResponse() },
        },
    };

    private static TReply Meanwhile<TReply>(LeasingFixture fixture, TReply reply)
    {
        fixture.Cluster.Saw(LeasingFixture.At(Later));
        return reply;
    }
}
