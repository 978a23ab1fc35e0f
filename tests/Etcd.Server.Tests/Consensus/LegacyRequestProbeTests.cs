using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;

using Google.Protobuf;

namespace Etcd.Server.Tests.Consensus;

public sealed class LegacyRequestProbeTests
{
    [Theory]
    [InlineData("PUT")]
    [InlineData("POST")]
    [InlineData("DELETE")]
    [InlineData("QGET")]
    [InlineData("SYNC")]
    public void IsLegacyRequest_V2Request_IsRecognised(string method)
    {
        byte[] data = new Request { ID = ulong.MaxValue, Method = method, Path = "/0/version" }.ToByteArray();

        Assert.True(LegacyRequestProbe.IsLegacyRequest(data));
    }

    [Fact]
    public void IsLegacyRequest_InternalRequest_IsNot()
    {
        var request = new InternalRaftRequest
        {
            Header = new RequestHeader { ID = 9 },
            Put = new PutRequest { Key = ByteString.CopyFromUtf8("PUT"), Value = ByteString.CopyFromUtf8("PUT") },
        };

        Assert.False(LegacyRequestProbe.IsLegacyRequest(request.ToByteArray()));
    }

    [Fact]
    public void IsLegacyRequest_AnyTruncation_IsRefusedOrRecognisedButNeverFails()
    {
        byte[] data = new Request { ID = 1, Method = "DELETE" }.ToByteArray();

        for (int length = 0; length < data.Length; length++)
        {
            Assert.False(LegacyRequestProbe.IsLegacyRequest(data.AsSpan(0, length)));
        }
    }
}
