namespace Etcd.Client.Tests.Kv;

public class KeyRangeTests
{
    [Theory]
    [InlineData(new byte[] { 0x61 }, new byte[] { 0x62 })]
    [InlineData(new byte[] { 0x61, 0xff }, new byte[] { 0x62 })]
    [InlineData(new byte[] { 0xff, 0xff }, new byte[] { 0 })]
    public void Prefix_Bytes_EndsAfterTheLastKeyThatBeginsSo(byte[] prefix, byte[] end)
    {
        KeyRange range = KeyRange.Prefix(prefix);

        Assert.Equal(end, range.End.ByteString.ToByteArray());
        Assert.Equal(prefix, range.Key.ByteString.ToByteArray());
    }

    [Fact]
    public void PrefixAndFrom_EmptyKey_AreEveryKey()
    {
        Assert.Equal(KeyRange.All, KeyRange.Prefix(""));
        Assert.Equal(KeyRange.All, KeyRange.From(""));
    }
}
