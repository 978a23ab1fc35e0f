using System.Buffers;
using Etcd.Protocol.Kv;
using Google.Protobuf;

namespace Etcd.Mvcc.Tests.Records;

// The stored value is an mvccpb.KeyValue, byte for byte as etcd writes it.
public sealed class KeyValueRecordTests
{
    public static TheoryData<string, long, long, long, string, long> Records => new()
    {
        { "a", 2, 2, 1, "v", 0 },
        { "a", 2, 9, 8, "", 0 },
        { "key", long.MaxValue, long.MaxValue, long.MaxValue, new string('x', 300), long.MinValue },
        { new string('k', 200), 1, 128, 16384, new string('v', 20_000), -1 },
        { "", 0, 0, 0, "", 0 },
    };

    [Theory, MemberData(nameof(Records))]
    public void Encode_Fields_EqualsGeneratedMessageAndReadsBack(string key, long create, long mod, long version, string value, long lease)
    {
        var message = new KeyValue
        {
            Key = ByteString.CopyFromUtf8(key),
            CreateRevision = create,
            ModRevision = mod,
            Version = version,
            Value = ByteString.CopyFromUtf8(value),
            Lease = lease,
        };

        byte[] encoded = KeyValueRecord.Encode(message.Key.Span, create, mod, version, message.Value.Span, lease);

        Assert.Equal(message.ToByteArray(), encoded);
        Assert.True(KeyValueRecord.TryParse(encoded, out KeyValueRecord record));
        Assert.Equal(message, record.ToMessage());
        Assert.Equal(message.Key.ToByteArray(), encoded.AsSpan(KeyValueRecord.KeyOffset(message.Key.Length), message.Key.Length).ToArray());
    }

    [Theory, MemberData(nameof(Records))]
    public void WriteField_KeysOnly_LeavesOutTheValueAlone(string key, long create, long mod, long version, string value, long lease)
    {
        byte[] encoded = KeyValueRecord.Encode(
            System.Text.Encoding.UTF8.GetBytes(key), create, mod, version, System.Text.Encoding.UTF8.GetBytes(value), lease);
        KeyValue expected = KeyValue.Parser.ParseFrom(encoded);
        expected.Value = ByteString.Empty;
        var writer = new ArrayBufferWriter<byte>();

        KeyValueRecord.WriteField(writer, (2 << 3) | 2, encoded, keysOnly: true, new Revision(mod, 0));

        CodedInputStream reader = new(writer.WrittenSpan.ToArray());
        Assert.Equal((2U << 3) | 2, reader.ReadTag());
        Assert.Equal(expected, KeyValue.Parser.ParseFrom(reader.ReadBytes()));
        Assert.True(reader.IsAtEnd);
    }

    [Fact]
    public void TryParse_EveryTruncationAndFlippedBit_NeverReadsBeyondOrThrows()
    {
        byte[] encoded = KeyValueRecord.Encode("some key"u8, 5, 300, 70_000, "some value"u8, 1234567890123);
        for (int length = 0; length < encoded.Length; length++)
        {
            // A cut between two fields is a shorter record, any other is refused.
            bool isRecord = KeyValueRecord.TryParse(encoded.AsSpan(0, length), out KeyValueRecord shorter);
            Assert.True(!isRecord || shorter.Lease == 0);
        }

        for (int bit = 0; bit < encoded.Length * 8; bit++)
        {
            byte[] damaged = [.. encoded];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            if (KeyValueRecord.TryParse(damaged, out KeyValueRecord record))
            {
                Assert.True(record.Key.Length + record.Value.Length <= damaged.Length);
            }
        }

        Assert.Throws<CorruptBackendException>(() => KeyValueRecord.Parse([0x0A, 0xFF], new Revision(1, 0)).ToMessage());
    }

    [Fact]
    public void TryParse_UnknownFields_AreSkipped()
    {
        byte[] known = KeyValueRecord.Encode("k"u8, 1, 2, 3, "v"u8, 4);
        byte[] unknown = [(7 << 3) | 0, 0x80, 0x01, (8 << 3) | 2, 2, 9, 9, (9 << 3) | 5, 1, 2, 3, 4, (10 << 3) | 1, 1, 2, 3, 4, 5, 6, 7, 8];

        Assert.True(KeyValueRecord.TryParse([.. unknown, .. known], out KeyValueRecord record));
        Assert.Equal(KeyValue.Parser.ParseFrom(known), record.ToMessage());
        Assert.False(KeyValueRecord.TryParse([(7 << 3) | 3, .. known], out _));
    }

    [Theory]
    [InlineData(1, 0, false, "00000000000000015f0000000000000000")]
    [InlineData(258, 3, true, "00000000000001025f000000000000000374")]
    public void Revision_KeyForm_IsThatOfTheFile(long main, long sub, bool isTombstone, string hex)
    {
        byte[] buffer = new byte[Revision.TombstoneSizeBytes];
        var revision = new Revision(main, sub);

        int written = revision.WriteTo(buffer, isTombstone);

        Assert.Equal(hex, Convert.ToHexStringLower(buffer.AsSpan(0, written)));
        Assert.True(Revision.TryRead(buffer.AsSpan(0, written), out Revision read, out bool readTombstone));
        Assert.Equal((revision, isTombstone), (read, readTombstone));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000000000000015f00000000000000")]
    [InlineData("00000000000000015e0000000000000000")]
    [InlineData("00000000000000015f000000000000000073")]
    [InlineData("00000000000000015f00000000000000007474")]
    public void Revision_OtherBytes_AreNone(string hex) =>
        Assert.False(Revision.TryRead(Convert.FromHexString(hex), out _, out _));
}
