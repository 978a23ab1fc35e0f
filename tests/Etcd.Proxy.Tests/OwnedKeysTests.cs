using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Leasing;
using Etcd.Testing;

using Google.Protobuf;

namespace Etcd.Proxy.Tests;

public sealed class OwnedKeysTests
{
    private static readonly ByteString Key = ByteString.CopyFromUtf8("k");
    private static readonly KeyInterval[] One = [new(Key, ByteString.Empty)];
    private static readonly KeyInterval[] Range = [new(ByteString.CopyFromUtf8("a"), ByteString.CopyFromUtf8("z"))];

    private readonly ManualTimeProvider _time = new();
    private readonly OwnedKeys _keys;

    public OwnedKeysTests() => _keys = new OwnedKeys(_time);

    [Fact]
    public void TryAnswer_KeyThatWasAcquired_AnswersWhatWasRead()
    {
        RangeResponse read = Acquire(since: 5);

        Assert.True(_keys.TryAnswer(Key, out RangeResponse? answer));
        Assert.Same(read, answer);
    }

    [Fact]
    public void BeginWrite_OwnedKey_HasNoAnswerUntilItIsReadAgain()
    {
        Acquire(since: 5);
        using (OwnedKeyWrite write = _keys.BeginWrite(Range))
        {
            Assert.Equal(5, write.SinceOf(Key));
            Assert.True(write.OwnsIn(Range[0]));
            Assert.False(_keys.TryAnswer(Key, out _));
            Assert.Null(_keys.BeginRead(Key));
        }

        Assert.False(_keys.TryAnswer(Key, out _));
        OwnedKeyRead read = _keys.BeginRead(Key)!.Value;
        Assert.False(read.IsAcquisition);
        Assert.True(_keys.Complete(read, since: 0, Answer("new")));
        Assert.True(_keys.TryAnswer(Key, out RangeResponse? answer));
        Assert.Equal("new", answer.Kvs[0].Value.ToStringUtf8());
    }

    // The read may be from before the write, whenever its answer comes.
    [Fact]
    public void Complete_WriteBeganAndEndedMeanwhile_KeepsNoAnswer()
    {
        Acquire(since: 5);
        using (_keys.BeginWrite(One))
        {
        }

        OwnedKeyRead read = _keys.BeginRead(Key)!.Value;
        using (_keys.BeginWrite(One))
        {
        }

        Assert.True(_keys.Complete(read, since: 0, Answer("old")));
        Assert.False(_keys.TryAnswer(Key, out _));
    }

    // Acquired before a second attempt of a write that began without the key.
    [Fact]
    public void Mark_KeyAcquiredDuringTheWrite_ForgetsItsAnswer()
    {
        using OwnedKeyWrite write = _keys.BeginWrite(One);
        Acquire(since: 5);
        Assert.Equal(0, write.SinceOf(Key));

        write.Mark();

        Assert.Equal(5, write.SinceOf(Key));
        Assert.False(_keys.TryAnswer(Key, out _));
    }

    [Fact]
    public void Lose_DemandOvertakesTheAcquisition_DoesNotOwnTheKey()
    {
        OwnedKeyRead read = _keys.BeginRead(Key)!.Value;
        _keys.Lose(Key, revision: 6);

        Assert.False(_keys.Complete(read, since: 5, Answer("v")));
        Assert.False(_keys.TryAnswer(Key, out _));
    }

    [Fact]
    public void Lose_NewsFromBeforeTheAcquisition_ChangesNothing()
    {
        Acquire(since: 5);
        _keys.Lose(Key, revision: 4);

        Assert.True(_keys.TryAnswer(Key, out _));
    }

    [Fact]
    public void BeginRead_KeyThatOthersWanted_IsLeftAloneForAWhile()
    {
        Acquire(since: 5);
        _keys.Lose(Key, revision: 6);
        Assert.Null(_keys.BeginRead(Key));

        _time.Advance(OwnedKeys.PauseTime);

        Assert.True(_keys.BeginRead(Key)!.Value.IsAcquisition);
    }

    [Fact]
    public void Take_WriteOfUnknownOutcome_GivesTheKeyUp()
    {
        Acquire(since: 5);
        using OwnedKeyWrite write = _keys.BeginWrite(Range);

        Assert.Equal([(Key, 5L)], write.Take());
        Assert.Empty(write.Take());
        Assert.True(_keys.BeginRead(Key)!.Value.IsAcquisition);
    }

    // The cluster deletes it when the lease ends, and asks nobody.
    [Fact]
    public void Complete_KeyOnALease_KeepsNoAnswer()
    {
        RangeResponse answer = Answer("v");
        answer.Kvs[0].Lease = 7;
        Assert.True(_keys.Complete(_keys.BeginRead(Key)!.Value, since: 5, answer));

        Assert.False(_keys.TryAnswer(Key, out _));
    }

    [Fact]
    public void TryTakeSurplus_MoreKeysThanMayBe_TakesOneForEachTooMuch()
    {
        for (int number = 0; number < OwnedKeys.KeysMax + 2; number++)
        {
            OwnedKeyRead read = _keys.BeginRead(ByteString.CopyFrom(BitConverter.GetBytes(number)))!.Value;
            Assert.True(_keys.Complete(read, since: number + 1, new RangeResponse()));
        }

        Assert.True(_keys.TryTakeSurplus(out ByteString? first, out long since));
        Assert.Equal(BitConverter.ToInt32(first.Span) + 1, since);
        Assert.True(_keys.TryTakeSurplus(out _, out _));
        Assert.False(_keys.TryTakeSurplus(out _, out _));
    }

    // Places that became free must not be taken for old ones.
    [Fact]
    public void TryTakeSurplus_TimeAfterTime_TakesTheKeyThatCameFirst()
    {
        for (int number = 0; number < OwnedKeys.KeysMax + 3; number++)
        {
            OwnedKeyRead read = _keys.BeginRead(ByteString.CopyFrom(BitConverter.GetBytes(number)))!.Value;
            Assert.True(_keys.Complete(read, since: number + 1, new RangeResponse()));
            if (_keys.TryTakeSurplus(out _, out long since))
            {
                Assert.Equal(number - OwnedKeys.KeysMax + 1, since);
            }
        }
    }

    // Answers may have grown since the keys were acquired.
    [Fact]
    public void TryTakeSurplus_AnswersFetchedAgainAreTooLarge_TakesKeysUntilTheyFit()
    {
        const int Keys = 5;
        var large = new KeyValue { Value = ByteString.CopyFrom(new byte[OwnedKeys.AnswerBytesMax / 4]) };
        ByteString[] names = [.. Enumerable.Range(0, Keys).Select(number => ByteString.CopyFrom((byte)number))];
        foreach (ByteString name in names)
        {
            Assert.True(_keys.Complete(_keys.BeginRead(name)!.Value, since: 1, new RangeResponse()));
        }

        foreach (ByteString name in names)
        {
            Assert.True(_keys.Complete(_keys.BeginRead(name)!.Value, since: 0, new RangeResponse { Kvs = { large } }));
        }

        Assert.True(_keys.TryTakeSurplus(out ByteString? first, out _));
        Assert.True(_keys.TryTakeSurplus(out ByteString? second, out _));
        Assert.Equal((names[0], names[1]), (first, second));
        Assert.False(_keys.TryTakeSurplus(out _, out _));
    }

    private RangeResponse Acquire(long since)
    {
        OwnedKeyRead read = _keys.BeginRead(Key)!.Value;
        Assert.True(read.IsAcquisition);
        RangeResponse answer = Answer("v");
        Assert.True(_keys.Complete(read, since, answer));
        return answer;
    }

    private static RangeResponse Answer(string value) =>
        new() { Count = 1, Kvs = { new KeyValue { Key = Key, Value = ByteString.CopyFromUtf8(value) } } };
}
