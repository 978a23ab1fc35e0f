using Etcdctl;
using Etcdctl.Text;
using Etcdctl.Transactions;

namespace Etcd.Client.Tests.Etcdctl;

public class TextTests
{
    [Theory]
    [InlineData(new byte[] { 0x61, 0xff, 0x62 })]
    [InlineData(new byte[] { 0xe6, 0x97, 0xa5, 0xe6, 0x97 })]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 })]
    public void RawText_AnyBytes_ComeBackAsTheyWere(byte[] bytes) =>
        Assert.Equal(bytes, RawText.Encode(RawText.Decode(bytes)));

    [Theory]
    [InlineData(0ul, "0 B")]
    [InlineData(9ul, "9 B")]
    [InlineData(999ul, "999 B")]
    [InlineData(1000ul, "1.0 kB")]
    [InlineData(20480ul, "20 kB")]
    [InlineData(9990ul, "10 kB")]
    [InlineData(1_550_000ul, "1.6 MB")]
    [InlineData(2_147_483_648ul, "2.1 GB")]
    public void Size_Bytes_HaveOneDecimalBelowTen(ulong bytes, string expected) => Assert.Equal(expected, GoText.Size(bytes));

    [Theory]
    [InlineData("5s", 5_000)]
    [InlineData("1h2m3.5s", 3_723_500)]
    [InlineData("300ms", 300)]
    [InlineData("-1.5h", -5_400_000)]
    [InlineData("0", 0)]
    [InlineData("2s500ms", 2_500)]
    public void Duration_Text_IsRead(string text, int millis) =>
        Assert.Equal(TimeSpan.FromMilliseconds(millis), GoDuration.Parse(text));

    [Theory]
    [InlineData("5", "time: missing unit in duration \"5\"")]
    [InlineData("5x", "time: unknown unit \"x\" in duration \"5x\"")]
    [InlineData("", "time: invalid duration \"\"")]
    [InlineData("s", "time: invalid duration \"s\"")]
    [InlineData("99999999999999h", "time: invalid duration \"99999999999999h\"")]
    [InlineData("99999999999999999999999999h", "time: invalid duration \"99999999999999999999999999h\"")]
    public void Duration_Wrong_SaysWhy(string text, string expected) =>
        Assert.Equal(expected, Assert.Throws<FormatException>(() => GoDuration.Parse(text)).Message);

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(7, "700ns")]
    [InlineData(15, "1.5µs")]
    [InlineData(16_328, "1.6328ms")]
    [InlineData(50_029_217, "5.0029217s")]
    [InlineData(37_235_000_000, "1h2m3.5s")]
    public void Duration_Written_UsesTheLargestUnitThatFits(long ticks, string expected) =>
        Assert.Equal(expected, GoDuration.Format(TimeSpan.FromTicks(ticks)));

    [Theory]
    [InlineData("0x1f", 0, 31)]
    [InlineData("017", 0, 15)]
    [InlineData("0b11", 0, 3)]
    [InlineData("1_000", 0, 1000)]
    [InlineData("-7", 10, -7)]
    [InlineData("-9223372036854775808", 10, long.MinValue)]
    [InlineData("7fffffffffffffff", 16, long.MaxValue)]
    public void Integer_Text_IsRead(string text, int radix, long expected) =>
        Assert.Equal(expected, GoNumber.ParseInteger(text, radix));

    [Theory]
    [InlineData("", 10, "invalid syntax")]
    [InlineData("-", 10, "invalid syntax")]
    [InlineData("1_0", 10, "invalid syntax")]
    [InlineData("_1", 0, "invalid syntax")]
    [InlineData("zz", 16, "invalid syntax")]
    [InlineData("9223372036854775808", 10, "value out of range")]
    [InlineData("ffffffffffffffff", 16, "value out of range")]
    public void Integer_Wrong_SaysWhy(string text, int radix, string reason) => Assert.Equal(
        $"strconv.ParseInt: parsing \"{text}\": {reason}",
        Assert.Throws<FormatException>(() => GoNumber.ParseInteger(text, radix)).Message);

    [Theory]
    [InlineData("0x1f", 31)]
    [InlineData("017", 15)]
    [InlineData("1_000", 1000)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    public void Unsigned_Text_IsRead(string text, ulong expected) => Assert.Equal(expected, GoNumber.ParseUnsigned(text));

    [Theory]
    [InlineData("", "invalid syntax")]
    [InlineData("-1", "invalid syntax")]
    [InlineData("+1", "invalid syntax")]
    [InlineData("x", "invalid syntax")]
    [InlineData("18446744073709551616", "value out of range")]
    public void Unsigned_Wrong_SaysWhy(string text, string reason) => Assert.Equal(
        $"strconv.ParseUint: parsing \"{text}\": {reason}",
        Assert.Throws<FormatException>(() => GoNumber.ParseUnsigned(text)).Message);

    [Theory]
    [InlineData("put 'a b' \"c\\td\"  e", new[] { "put", "a b", "c\td", "e" })]
    [InlineData("watch foo -- echo \"x \\\" y\"", new[] { "watch", "foo", "--", "echo", "x \" y" })]
    [InlineData("  ", new string[0])]
    [InlineData("get a\"b", new[] { "get", "a\"b" })]
    public void Split_Line_GivesWords(string line, string[] words) => Assert.Equal(words, ArgumentSplitter.Split(line));

    [Fact]
    public void Split_WrongEscape_IsInvalidInput() => Assert.Equal(
        ExitCode.InvalidInput, Assert.Throws<CommandFailedException>(() => ArgumentSplitter.Split("put \"\\q\" x")).Code);
}
