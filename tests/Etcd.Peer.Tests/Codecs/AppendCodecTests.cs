using System.Buffers.Binary;

using Etcd.Peer.Codecs;
using Etcd.Raft;

namespace Etcd.Peer.Tests.Codecs;

/// <summary>The append stream (msgappv2), whose two ends remember where they are.</summary>
public class AppendCodecTests
{
    private static AppendDecoder NewDecoder() => new(self: 2, peer: 1);

    // Sample from a real election: the first append of a term is a whole message, what follows is entries alone.
    [Fact]
    public void Write_FirstAppendAfterAnElectionAndTheNext_AreAWholeMessageAndBareEntries()
    {
        RaftMessage first = Frames.Append(2, 1, 3, 3, Frames.Entry(2, 4));
        RaftMessage second = Frames.Append(2, 2, 4, 4, Frames.Entry(2, 5), Frames.Entry(2, 6), Frames.Entry(2, 7));

        byte[] bytes = Frames.Encode(new AppendEncoder(), first, second);

        int firstBytes = 9 + (int)BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(1));
        Assert.Equal(2, bytes[0]);
        Assert.Equal(1, bytes[firstBytes]);
        Assert.Equal(3UL, BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(firstBytes + 1)));
        Assert.Equal(4UL, BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(bytes.Length - 8)));
    }

    // Spec A.7: 0x02 with 55 bytes for an append of one empty entry between members with ids of full length.
    [Fact]
    public void Write_SampleSeenOnTheWire_HasItsLength()
    {
        var message = new RaftMessage
        {
            Type = MessageType.Append,
            From = 0xa168d51598b3d5b5,
            To = 0x46f506eb5d592410,
            Term = 2,
            LogTerm = 1,
            Index = 3,
            Commit = 3,
            Entries = new[] { Frames.Entry(2, 4) },
        };

        byte[] bytes = Frames.Encode(new AppendEncoder(), message);

        Assert.Equal("020000000000000037", Convert.ToHexStringLower(bytes.AsSpan(0, 9)));
        Assert.Equal(9 + 0x37, bytes.Length);
    }

    [Fact]
    public void WriteLinkHeartbeat_OneZeroByte() => Assert.Equal([0], Frames.Encode(new AppendEncoder(), [null]));

    [Fact]
    public void Write_CommitAlone_IsAFrameOfNoEntries()
    {
        RaftMessage first = Frames.Append(2, 1, 3, 3, Frames.Entry(2, 4));
        RaftMessage commit = Frames.Append(2, 2, 4, 4);

        byte[] bytes = Frames.Encode(new AppendEncoder(), first, commit);

        Assert.Equal("0100000000000000000000000000000004", Convert.ToHexStringLower(bytes.AsSpan(bytes.Length - 17)));
    }

    [Fact]
    public void Write_ProbeThatStepsBack_IsAWholeMessage()
    {
        RaftMessage first = Frames.Append(2, 2, 9, 3, Frames.Entry(2, 10));
        RaftMessage back = Frames.Append(2, 2, 5, 3, Frames.Entry(2, 6));

        Assert.Equal([2, 2], FrameTypes(first, back));
    }

    [Fact]
    public void Write_NewTermBehindOlderEntries_IsAWholeMessageUntilTheTermsAgree()
    {
        RaftMessage old = Frames.Append(2, 2, 9, 3, Frames.Entry(2, 10));
        RaftMessage newTerm = Frames.Append(3, 2, 10, 3, Frames.Entry(3, 11));
        RaftMessage next = Frames.Append(3, 3, 11, 3, Frames.Entry(3, 12));

        Assert.Equal([2, 2, 1], FrameTypes(old, newTerm, next));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(4096)]
    [InlineData(int.MaxValue)]
    public void TryRead_WhatWasWritten_ComesBackHoweverItIsCut(int pieceBytes)
    {
        RaftMessage?[] sent =
        [
            null,
            Frames.Append(2, 1, 3, 3, Frames.Entry(2, 4)),
            Frames.Append(2, 2, 4, 4, Frames.Entry(2, 5, 10), Frames.Entry(2, 6, 70_000, 3), Frames.Entry(2, 7)),
            null,
            Frames.Append(2, 2, 7, 7),
            Frames.Append(2, 2, 7, 7, [.. Enumerable.Range(8, 3000).Select(index => Frames.Entry(2, (ulong)index, 40))]),
            Frames.Append(3, 2, 3007, 9, Frames.Entry(3, 3008)),
            Frames.Append(3, 3, 3008, 10, Frames.Entry(3, 3009)),
        ];

        List<RaftMessage?> received = Frames.Decode(NewDecoder(), Frames.Encode(new AppendEncoder(), sent), pieceBytes);

        Assert.Equal(sent.Select(Frames.Describe), received.Select(Frames.Describe));
    }

    // Spec F.8: a position that differs between the ends would corrupt the log in silence.
    [Fact]
    public void TryRead_EntryThatDoesNotFollow_EndsTheStream()
    {
        byte[] whole = Frames.Encode(new AppendEncoder(), Frames.Append(2, 1, 3, 3, Frames.Entry(2, 4)));
        var other = new AppendEncoder();
        Frames.Encode(other, Frames.Append(2, 1, 5, 3, Frames.Entry(2, 6)));
        byte[] entries = Frames.Encode(other, Frames.Append(2, 2, 6, 3, Frames.Entry(2, 7)));

        PeerFrameException error = Assert.Throws<PeerFrameException>(() => Frames.Decode(NewDecoder(), [.. whole, .. entries]));

        Assert.Contains("entry 7 does not follow entry 4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_EntriesWithAGap_AreNotSent()
    {
        var encoder = new AppendEncoder();
        Frames.Encode(encoder, Frames.Append(2, 1, 3, 3, Frames.Entry(2, 4)));

        Assert.Throws<PeerFrameException>(() => Frames.Encode(encoder, Frames.Append(2, 2, 4, 4, Frames.Entry(2, 5), Frames.Entry(2, 7))));
    }

    [Theory]
    [InlineData("03")] // unknown frame
    [InlineData("ff")]
    [InlineData("010000000010000000")] // more entries than a frame can hold
    [InlineData("0100000000000000010000000020000001")] // an entry above the limit
    [InlineData("0100000000000000010000000000000002ffff")] // no entry
    [InlineData("020000000020000001")] // a message above the limit
    public void TryRead_BytesOfNoFrame_EndTheStream(string hex) =>
        Assert.Throws<PeerFrameException>(() => Frames.Decode(NewDecoder(), Convert.FromHexString(hex)));

    private static List<int> FrameTypes(params RaftMessage[] messages)
    {
        var encoder = new AppendEncoder();
        return [.. messages.Select(message => (int)Frames.Encode(encoder, message)[0])];
    }
}
