using Etcd.Raft.Encoding;

namespace Etcd.Raft.Tests.Encoding;

/// <summary>raftpb as etcd 3.4 and 3.5 write it: proto2, numbers always present, tag order, lists unpacked.</summary>
public sealed class RaftCodecTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 200)];

    [Fact]
    public void Write_EntryWithoutData_HasZeroNumbersAndNoDataField() =>
        Assert.Equal("080010021804", Hex(Bytes(new Entry(2, 4, EntryType.Normal, default))));

    [Fact]
    public void Write_ConfChangeEntry_HasFieldsInTagOrder() =>
        Assert.Equal("08011001180122020102", Hex(Bytes(new Entry(1, 1, EntryType.ConfChange, new byte[] { 1, 2 }))));

    [Fact]
    public void Write_HardState_HasAllThreeNumbers() =>
        Assert.Equal("080010ac021800", Hex(Bytes(new HardState(0, 300, 0))));

    // Configuration bytes of the snapshots in the v34-full fixture.
    [Fact]
    public void Write_ConfState_HasUnpackedVotersAndAutoLeave()
    {
        var state = new ConfState { Voters = [13799966055257291794] };

        Assert.Equal("0892f8bce0b080d5c1bf012800", Hex(Bytes(state)));
    }

    [Fact]
    public void ReadConfState_PackedVoters_AreTakenToo()
    {
        ConfState state = RaftCodec.ReadConfState(Convert.FromHexString("0a03ac02051007"));

        Assert.Equal([300UL, 5], state.Voters);
        Assert.Equal([7UL], state.Learners);
    }

    // What a 3.5 member sends as the heartbeat of an idle stream (peer protocol, part A).
    [Fact]
    public void Write_EmptyHeartbeatMessage_EqualsTheBytesOfEtcd()
    {
        var message = new RaftMessage { Type = MessageType.Heartbeat };

        Assert.Equal("080810001800200028003000" + "40004a0a12080a022800100018005000" + "5800", Hex(Bytes(message)));
        Assert.Null(RaftMessageCodec.Read(Bytes(message)).Snapshot);
    }

    [Fact]
    public void ReadMessage_OnlyTheType_HasZeroElsewhere()
    {
        RaftMessage message = RaftMessageCodec.Read(new byte[] { 8, 8 });

        Assert.Equal(MessageType.Heartbeat, message.Type);
        Assert.Equal(0UL, message.Term);
        Assert.Equal(0, message.Entries.Length);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Message_AnyContent_ComesBackAndIsAsLongAsSaid(int seed)
    {
        RaftMessage message = RaftSamples.Message(new Random(seed));

        byte[] bytes = Bytes(message);
        RaftMessage read = RaftMessageCodec.Read(bytes);

        Assert.Equal(bytes, Bytes(read));
        Assert.Equal(message.Type, read.Type);
        Assert.Equal(message.Entries.Length, read.Entries.Length);
        Assert.Equal(message.Commit, read.Commit);
        Assert.Equal(message.Snapshot?.Metadata, read.Snapshot?.Metadata);
    }

    [Theory, MemberData(nameof(Seeds))]
    public void ConfChange_AnyContent_ComesBack(int seed)
    {
        var random = new Random(seed);
        ConfChange change = RaftSamples.ConfChange(random);
        ConfChangeV2 changes = RaftSamples.ConfChangeV2(random);

        ConfChange readChange = ConfChangeCodec.ReadConfChange(ConfChangeCodec.Encode(change));
        ConfChangeV2 readChanges = ConfChangeCodec.ReadConfChangeV2(ConfChangeCodec.Encode(changes));

        Assert.Equal(change with { Context = default }, readChange with { Context = default });
        Assert.Equal(change.Context.ToArray(), readChange.Context.ToArray());
        Assert.Equal(changes.Changes, readChanges.Changes);
        Assert.Equal(changes.Transition, readChanges.Transition);
    }

    // CVE-2020-15106 and the fuzzing audit of 2022: no parser may fail in any way but its own.
    [Theory, MemberData(nameof(Seeds))]
    public void Message_CutOffOrFlippedAnywhere_IsReadOrRefusedInOneWay(int seed)
    {
        var random = new Random(seed);
        byte[] bytes = Bytes(RaftSamples.Message(random));

        for (int length = 0; length < bytes.Length; length++)
        {
            ReadOrRefuse(bytes.AsMemory(0, length));
            byte kept = bytes[length];
            bytes[length] ^= (byte)(1 << random.Next(8));
            ReadOrRefuse(bytes);
            bytes[length] = kept;
        }
    }

    [Theory]
    [InlineData("08", "number cut off")]
    [InlineData("0880", "number cut off")]
    [InlineData("10ffffffffffffffffff02", "longer than 64 bits")]
    [InlineData("1080808080808080808080", "longer than 64 bits")]
    [InlineData("22ffffffffffffffff7f00", "says 9223372036854775807 bytes")]
    [InlineData("2203aabb", "says 3 bytes")]
    [InlineData("0a00", "wire type")]
    [InlineData("2001", "wire type")]
    [InlineData("0803", "unknown value 3")]
    [InlineData("00", "illegal tag")]
    [InlineData("0e", "illegal tag")]
    [InlineData("0c", "group end")]
    [InlineData("7b", "number cut off")]
    [InlineData("7b84017c", "inside group")]
    [InlineData("7d010203", "cut off")]
    [InlineData("7901020304050607", "cut off")]
    public void ReadEntry_MalformedBytes_AreRefusedWithTheReason(string hex, string reason)
    {
        ProtoFormatException refused =
            Assert.Throws<ProtoFormatException>(() => RaftCodec.ReadEntry(Convert.FromHexString(hex)));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Equal("raftpb.Entry", refused.MessageName);
    }

    [Fact]
    public void ReadEntry_DeepGroupsInAnUnknownField_AreRefusedWithoutOverflowingTheStack()
    {
        byte[] bytes = new byte[1 << 20];
        Array.Fill(bytes, (byte)0x7B);

        Assert.Throws<ProtoFormatException>(() => RaftCodec.ReadEntry(bytes));
    }

    [Fact]
    public void ReadEntry_UnknownFieldsOfEachKind_ArePassedOver()
    {
        Entry entry = RaftCodec.ReadEntry(Convert.FromHexString("7801" + "790102030405060708" + "7a0141" + "7b78017c" + "7d01020304" + "1807"));

        Assert.Equal(7UL, entry.Index);
    }

    [Fact]
    public void ReadEntry_Data_IsAPartOfTheSourceAndNoCopy()
    {
        byte[] bytes = Bytes(new Entry(1, 2, EntryType.Normal, "value"u8.ToArray()));

        Entry entry = RaftCodec.ReadEntry(bytes);

        Assert.True(entry.Data.Span.Overlaps(bytes));
    }

    private static void ReadOrRefuse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            RaftMessageCodec.Read(bytes);
        }
        catch (ProtoFormatException)
        {
            // The one way a parser may refuse; anything else fails the test.
        }
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static byte[] Bytes(Entry entry) => Exact(RaftCodec.SizeOf(entry), span => RaftCodec.Write(entry, span));

    private static byte[] Bytes(HardState state) => Exact(RaftCodec.SizeOf(state), span => RaftCodec.Write(state, span));

    private static byte[] Bytes(ConfState state) => Exact(RaftCodec.SizeOf(state), span => RaftCodec.Write(state, span));

    private static byte[] Bytes(RaftMessage message) =>
        Exact(RaftMessageCodec.SizeOf(message), span => RaftMessageCodec.Write(message, span));

    private static byte[] Exact(int size, Func<Span<byte>, int> write)
    {
        byte[] bytes = new byte[size];
        Assert.Equal(size, write(bytes));
        return bytes;
    }
}
