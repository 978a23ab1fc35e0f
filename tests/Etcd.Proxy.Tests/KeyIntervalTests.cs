using Etcd.Proxy.Keys;

using Google.Protobuf;

namespace Etcd.Proxy.Tests;

public sealed class KeyIntervalTests
{
    [Theory]
    [InlineData("b", "", "b", "", true)]
    [InlineData("b", "", "c", "", false)]
    [InlineData("b", "", "a", "c", true)]
    [InlineData("c", "", "a", "c", false)]
    [InlineData("a", "c", "b", "d", true)]
    [InlineData("a", "b", "b", "c", false)]
    [InlineData("m", "\0", "z", "", true)]
    [InlineData("m", "\0", "a", "", false)]
    [InlineData("m", "\0", "a", "n", true)]
    [InlineData("m", "\0", "a", "m", false)]
    public void Meets_TwoRanges_HaveAKeyInCommonOrNot(string start, string end, string otherStart, string otherEnd, bool expected)
    {
        KeyInterval one = Interval(start, end);
        KeyInterval other = Interval(otherStart, otherEnd);

        Assert.Equal(expected, one.Meets(other));
        Assert.Equal(expected, other.Meets(one));
    }

    private static KeyInterval Interval(string start, string end) => new(ByteString.CopyFromUtf8(start), ByteString.CopyFromUtf8(end));
}
