namespace Etcd.Disk.Tests;

public sealed class Crc32CTests
{
    // RFC 3720, appendix B.4.
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0x8A9136AAu)]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", 0x62A8AB43u)]
    [InlineData("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 0x46DD794Eu)]
    [InlineData("313233343536373839", 0xE3069283u)]
    [InlineData("", 0u)]
    public void Append_KnownBytes_GivesTheKnownChecksum(string hex, uint expected) =>
        Assert.Equal(expected, Crc32C.Append(0, Convert.FromHexString(hex)));

    [Fact]
    public void Append_InTwoPartsCutAnywhere_EqualsTheWhole()
    {
        byte[] bytes = new byte[100];
        new Random(1).NextBytes(bytes);
        uint whole = Crc32C.Append(0, bytes);

        Assert.All(Enumerable.Range(0, 101), cut =>
            Assert.Equal(whole, Crc32C.Append(Crc32C.Append(0, bytes.AsSpan(0, cut)), bytes.AsSpan(cut))));
    }
}
