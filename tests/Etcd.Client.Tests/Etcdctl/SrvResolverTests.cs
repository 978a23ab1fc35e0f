using Etcdctl.Connection;

namespace Etcd.Client.Tests.Etcdctl;

public class SrvResolverTests
{
    // One question, one SRV answer whose name is a pointer to the question: priority 10, weight 5, port 2379, target m1.example.
    private static readonly byte[] Answer =
    [
        0x45, 0x74, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0,
        12, .. "_etcd-client"u8, 4, .. "_tcp"u8, 7, .. "example"u8, 0, 0, 33, 0, 1,
        0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 11, 0, 10, 0, 5, 0x09, 0x4b, 2, .. "m1"u8, 0xc0, 30,
    ];

    [Fact]
    public void ParseAnswer_CompressedNames_AreFollowed() =>
        Assert.Equal([new SrvRecord(10, 5, 2379, "m1.example")], SrvResolver.ParseAnswer(Answer, "x"));

    [Fact]
    public void ParseAnswer_EveryTruncation_IsRefused()
    {
        for (int length = 0; length < Answer.Length; length++)
        {
            byte[] cut = Answer[..length];
            Assert.Throws<IOException>(() => SrvResolver.ParseAnswer(cut, "x"));
        }
    }

    [Fact]
    public void ParseAnswer_PointerToItself_IsRefused()
    {
        byte[] loop = [.. Answer];
        loop[^1] = (byte)(Answer.Length - 2);

        Assert.Throws<IOException>(() => SrvResolver.ParseAnswer(loop, "x"));
    }

    [Fact]
    public void ParseAnswer_NoSuchName_SaysSo()
    {
        byte[] refused = [.. Answer];
        refused[3] |= 3;

        Assert.Equal("lookup x: no such host", Assert.Throws<IOException>(() => SrvResolver.ParseAnswer(refused, "x")).Message);
    }
}
