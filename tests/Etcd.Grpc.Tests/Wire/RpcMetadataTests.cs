namespace Etcd.Grpc.Tests.Wire;

public sealed class RpcMetadataTests
{
    [Fact]
    public void AddBinary_AnyBytes_ComeBack()
    {
        var metadata = new RpcMetadata();
        byte[] bytes = [0, 1, 2, 250, 255];

        metadata.AddBinary("Trace-Bin", bytes);

        Assert.Equal(bytes, metadata.GetBinary("trace-bin"));
        Assert.DoesNotContain('=', metadata.Get("trace-bin")!);
    }

    [Theory]
    [InlineData("grpc-status", "x")]
    [InlineData("sp ace", "x")]
    [InlineData("", "x")]
    [InlineData("a-bin", "x")]
    [InlineData("ok", "line\nbreak")]
    [InlineData("ok", "ümlaut")]
    public void Add_WhatWouldBreakTheWire_IsRefused(string name, string value) =>
        Assert.ThrowsAny<ArgumentException>(() => new RpcMetadata().Add(name, value));

    [Fact]
    public void Get_SeveralValues_GivesTheFirst()
    {
        var metadata = new RpcMetadata();
        metadata.Add("token", "one");
        metadata.Add("token", "two");

        Assert.Equal("one", metadata.Get("token"));
        Assert.Equal(2, metadata.Entries.Count);
    }
}
