using Etcd.Peer.Codecs;
using Etcd.Raft;

namespace Etcd.Peer.Tests.Codecs;

/// <summary>The general stream, as seen between members of etcd 3.4 and 3.5.</summary>
public class MessageCodecTests
{
    // etcd 3.4 and 3.5 on the wire.
    private const string LinkHeartbeat =
        "000000000000001e0808100018002000280030004000" + "4a0a12080a022800100018005000" + "5800";

    [Fact]
    public void WriteLinkHeartbeat_Bytes_AreThoseOfEtcd() =>
        Assert.Equal(LinkHeartbeat, Convert.ToHexStringLower(Frames.Encode(new MessageEncoder(), [null])));

    [Theory]
    [InlineData(LinkHeartbeat)]
    [InlineData("00000000000000020808")]
    public void TryRead_HeartbeatWithoutAddresses_IsASignOfLifeAndNoMessage(string hex) =>
        Assert.Equal([null], Frames.Decode(new MessageDecoder(), Convert.FromHexString(hex)));

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(int.MaxValue)]
    public void TryRead_WhatWasWritten_ComesBackHoweverItIsCut(int pieceBytes)
    {
        RaftMessage[] sent =
        [
            new() { Type = MessageType.Heartbeat, From = 1, To = 2, Term = 3, Commit = 9, Context = new byte[] { 1, 2, 3 } },
            new() { Type = MessageType.AppendResponse, From = 1, To = 2, Term = 3, Index = 7, Reject = true, RejectHint = 6, LogTerm = 2 },
            new() { Type = MessageType.Propose, From = 1, To = 2, Entries = new[] { Frames.Entry(0, 0, 100_000) } },
            new() { Type = MessageType.TimeoutNow, From = 1, To = 2, Term = 3 },
        ];

        List<RaftMessage?> received = Frames.Decode(new MessageDecoder(), Frames.Encode(new MessageEncoder(), sent), pieceBytes);

        Assert.Equal(sent.Select(Frames.Describe), received.Select(Frames.Describe));
    }

    [Fact]
    public void TryRead_LengthAboveTheLimit_EndsTheStreamWithoutTakingMemory()
    {
        byte[] head = Convert.FromHexString("0000000020000001");
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<PeerFrameException>(() => Frames.Decode(new MessageDecoder(), head));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024 * 1024);
    }

    [Fact]
    public void Free_LargestLengthAllowedButNothingBehindIt_TakesNoMoreMemoryThanIsUsual()
    {
        // 512 MiB announced, one kilobyte sent.
        byte[] head = [.. Convert.FromHexString("0000000020000000"), .. new byte[1024]];
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Empty(Frames.Decode(new MessageDecoder(), head, 64));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 * 1024 * 1024);
    }

    [Fact]
    public void TryRead_BytesThatAreNoMessage_EndTheStream() =>
        Assert.Throws<PeerFrameException>(() => Frames.Decode(new MessageDecoder(), Convert.FromHexString("0000000000000002ffff")));

    [Fact]
    public void TryRead_UnknownMessageType_EndsTheStream() =>
        Assert.Throws<PeerFrameException>(() => Frames.Decode(new MessageDecoder(), Convert.FromHexString("00000000000000020863")));
}
