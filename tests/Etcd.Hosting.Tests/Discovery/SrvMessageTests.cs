using Etcd.Discovery.Dns;

namespace Etcd.Hosting.Tests.Discovery;

// Whoever answers for a name server may send anything.
public class SrvMessageTests
{
    // One question, one SRV answer whose name is a pointer to the question: priority 10, weight 5, port 2379, target m1.example.
    internal static readonly byte[] Answer =
    [
        0x45, 0x74, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0,
        12, .. "_etcd-client"u8, 4, .. "_tcp"u8, 7, .. "example"u8, 0, 0, 33, 0, 1,
        0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 11, 0, 10, 0, 5, 0x09, 0x4b, 2, .. "m1"u8, 0xc0, 30,
    ];

    [Fact]
    public void Records_CompressedNames_AreFollowed() =>
        Assert.Equal([new SrvRecord(10, 5, 2379, "m1.example")], SrvMessage.Records(Answer));

    [Fact]
    public void Records_EveryTruncation_IsRefused()
    {
        for (int length = 0; length < Answer.Length; length++)
        {
            byte[] cut = Answer[..length];
            Assert.Throws<FormatException>(() => SrvMessage.Records(cut));
        }
    }

    // Each byte of a good answer replaced by each value: read or refused, and never more than that.
    [Fact]
    public void Records_EveryChangedByte_IsReadOrRefused()
    {
        for (int changed = 0; changed < Answer.Length * 256; changed++)
        {
            byte[] message = [.. Answer];
            message[changed / 256] = (byte)changed;
            Exception? refusal = Record.Exception(() => SrvMessage.Records(message));
            Assert.True(refusal is null or FormatException, $"byte {changed / 256} as {changed % 256}: {refusal}");
        }
    }

    [Fact]
    public void Records_PointerToItself_IsRefused()
    {
        byte[] loop = [.. Answer];
        loop[^1] = (byte)(Answer.Length - 2);

        Assert.Equal("a name points to itself", Assert.Throws<FormatException>(() => SrvMessage.Records(loop)).Message);
    }

    [Theory]
    [InlineData(3, "no such host")]
    [InlineData(2, "server misbehaving")]
    [InlineData(5, "server misbehaving")]
    public void Records_ErrorCode_IsToldAsGosResolverDoes(byte code, string expected)
    {
        byte[] refused = [.. Answer];
        refused[3] |= code;

        Assert.Equal(expected, Assert.Throws<FormatException>(() => SrvMessage.Records(refused)).Message);
    }

    [Fact]
    public void Records_None_IsNoSuchHost()
    {
        byte[] empty = [.. Answer];
        empty[7] = 0;

        Assert.Equal("no such host", Assert.Throws<FormatException>(() => SrvMessage.Records(empty)).Message);
    }

    [Fact]
    public void Records_MoreThanAnyClusterHas_AreRefused()
    {
        byte[] record = Answer[^23..];
        byte[] huge = [.. Answer, .. Enumerable.Repeat(record, SrvMessage.RecordsMax).SelectMany(bytes => bytes)];
        (huge[6], huge[7]) = ((SrvMessage.RecordsMax + 1) >> 8, (SrvMessage.RecordsMax + 1) & 0xff);

        Assert.Equal("more than 512 records", Assert.Throws<FormatException>(() => SrvMessage.Records(huge)).Message);
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("")]
    [InlineData("ä.example")]
    [InlineData("_a-label-of-more-than-sixty-three-bytes-is-none-that-can-be-asked-for._tcp.example")]
    public void Question_NameThatCannotBe_IsNoSuchHost(string name) =>
        Assert.Throws<FormatException>(() => SrvMessage.Question(1, name));
}
