using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Kv;
using Etcd.Testing;

using Google.Protobuf;

namespace Etcd.Proxy.Tests;

public sealed class RangeCacheTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly RangeCache _cache;

    public RangeCacheTests() => _cache = new RangeCache(_time);

    [Fact]
    public void TryFind_RememberedReply_IsFoundForItsOwnerOnly()
    {
        RangeResponse reply = Remember("alice", Request("k"));

        Assert.True(_cache.TryFind("alice", Request("k"), out RangeResponse? found));
        Assert.Same(reply, found);
        Assert.False(_cache.TryFind("bob", Request("k"), out _));
        Assert.False(_cache.TryFind("alice", Request("other"), out _));
    }

    [Fact]
    public void TryFind_LatestRevisionAfterItsAge_IsForgotten()
    {
        Remember("", Request("k"));
        _time.Advance(RangeCache.AgeMax + TimeSpan.FromMilliseconds(1));

        Assert.False(_cache.TryFind("", Request("k"), out _));
    }

    [Fact]
    public void TryFind_NamedRevisionWithinItsAge_IsFound()
    {
        Remember("", Request("k", revision: 5));
        _time.Advance(RangeCache.AgeMax);

        Assert.True(_cache.TryFind("", Request("k", revision: 5), out _));
    }

    // A right that was taken away must not live on in memory, and nobody in particular has none once authentication is on.
    [Theory]
    [InlineData("alice")]
    [InlineData("")]
    public void TryFind_NamedRevisionAfterItsAge_IsForgotten(string owner)
    {
        Remember(owner, Request("k", revision: 5));
        _time.Advance(RangeCache.AgeMax + TimeSpan.FromMilliseconds(1));

        Assert.False(_cache.TryFind(owner, Request("k", revision: 5), out _));
    }

    [Fact]
    public void Drop_KeyInsideARememberedRange_ForgetsIt()
    {
        Remember("", Request("a", "z"));
        Remember("", Request("q"));
        _cache.Drop(new KeyInterval(ByteString.CopyFromUtf8("m"), ByteString.Empty));

        Assert.False(_cache.TryFind("", Request("a", "z"), out _));
        Assert.True(_cache.TryFind("", Request("q"), out _));
    }

    [Fact]
    public void Drop_Range_ForgetsWhatLiesInIt()
    {
        Remember("", Request("b"));
        Remember("alice", Request("b"));
        Remember("", Request("d"));
        Remember("", Request("a", "c"));
        Remember("", Request("b", revision: 3));
        _cache.Drop(new KeyInterval(ByteString.CopyFromUtf8("b"), ByteString.CopyFromUtf8("d")));

        Assert.False(_cache.TryFind("", Request("b"), out _));
        Assert.False(_cache.TryFind("alice", Request("b"), out _));
        Assert.False(_cache.TryFind("", Request("a", "c"), out _));
        Assert.True(_cache.TryFind("", Request("d"), out _));
        Assert.True(_cache.TryFind("", Request("b", revision: 3), out _));
    }

    // What was pushed out, or has aged, must be gone from all that finds it.
    [Fact]
    public void Drop_AfterOthersWereForgotten_ForgetsTheRestOnly()
    {
        Remember("", Request("k0"));
        _time.Advance(RangeCache.AgeMax + TimeSpan.FromMilliseconds(1));
        Assert.False(_cache.TryFind("", Request("k0"), out _));
        for (int number = 1; number <= RangeCache.RepliesMax + 1; number++)
        {
            Remember("", Request($"k{number}"));
        }

        foreach (string written in new[] { "k0", "k1", "k2" })
        {
            _cache.Drop(new KeyInterval(ByteString.CopyFromUtf8(written), ByteString.Empty));
        }

        Assert.Equal(RangeCache.RepliesMax - 1, _cache.Count);
        Assert.True(_cache.TryFind("", Request("k3"), out _));
    }

    [Fact]
    public void Remember_ReplyAskedForBeforeAWrite_IsNotTaken()
    {
        long asked = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        _cache.Drop(new KeyInterval(ByteString.CopyFromUtf8("k"), ByteString.Empty));
        _cache.Remember("", Request("k"), new RangeResponse(), asked);

        Assert.False(_cache.TryFind("", Request("k"), out _));
    }

    [Fact]
    public void Compact_OlderRevisions_AreForgottenAndNotTakenAgain()
    {
        Remember("", Request("k", revision: 5));
        Remember("", Request("k", revision: 9));
        _cache.Compact(7);
        Remember("", Request("j", revision: 6));

        Assert.False(_cache.TryFind("", Request("k", revision: 5), out _));
        Assert.False(_cache.TryFind("", Request("j", revision: 6), out _));
        Assert.True(_cache.TryFind("", Request("k", revision: 9), out _));
    }

    [Fact]
    public void Remember_MoreThanFit_ForgetsTheOneUnusedForLongest()
    {
        Remember("", Request("first", revision: 1));
        for (int number = 1; number < RangeCache.RepliesMax; number++)
        {
            Remember("", Request($"k{number}", revision: 1));
        }

        Assert.True(_cache.TryFind("", Request("first", revision: 1), out _));
        Remember("", Request("one more", revision: 1));

        Assert.Equal(RangeCache.RepliesMax, _cache.Count);
        Assert.True(_cache.TryFind("", Request("first", revision: 1), out _));
        Assert.False(_cache.TryFind("", Request("k1", revision: 1), out _));
    }

    [Fact]
    public void Remember_LargeReply_IsNotKept()
    {
        var value = new Protocol.Kv.KeyValue { Value = ByteString.CopyFrom(new byte[RangeCache.ReplyBytesMax]) };
        _cache.Remember("", Request("k"), new RangeResponse { Kvs = { value } }, _time.GetTimestamp());

        Assert.False(_cache.TryFind("", Request("k"), out _));
    }

    private RangeResponse Remember(string owner, RangeRequest request)
    {
        var reply = new RangeResponse { Count = 1 };
        _cache.Remember(owner, request, reply, _time.GetTimestamp());
        return reply;
    }

    private static RangeRequest Request(string key, string end = "", long revision = 0) => new()
    {
        Key = ByteString.CopyFromUtf8(key),
        RangeEnd = ByteString.CopyFromUtf8(end),
        Revision = revision,
        Serializable = true,
    };
}
