using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Tests.Wire;

public sealed class RpcStatusTextTests
{
    // gRPC over HTTP/2, "Status-Message".
    [Theory]
    [InlineData("etcdserver: key is not provided", "etcdserver: key is not provided")]
    [InlineData("100%", "100%25")]
    [InlineData("a\nb", "a%0Ab")]
    [InlineData("größer", "gr%C3%B6%C3%9Fer")]
    [InlineData("", "")]
    public void Encode_Text_EscapesAllButPrintableAscii(string text, string encoded)
    {
        Assert.Equal(encoded, RpcStatusText.Encode(text));
        Assert.Equal(text, RpcStatusText.Decode(encoded));
    }

    [Theory]
    [InlineData("50% off", "50% off")]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz%41", "%zzA")]
    public void Decode_InvalidEscape_StaysAsItIs(string value, string text) => Assert.Equal(text, RpcStatusText.Decode(value));
}
