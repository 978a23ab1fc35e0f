using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Raft.Encoding;
using Etcd.Server.Apply;

using Google.Protobuf;

namespace Etcd.Server.Tests.Apply;

public sealed class EntryRequestIdTests
{
    [Fact]
    public void Read_RequestWithAHeader_IsTheHeadersId()
    {
        var put = new PutRequest { Key = ByteString.CopyFromUtf8("key"), Value = ByteString.CopyFromUtf8("value") };
        var request = new InternalRaftRequest { Header = new RequestHeader { ID = 0xfedc_0000_1234, Username = "u" }, Put = put };

        Assert.Equal(0xfedc_0000_1234ul, EntryRequestId.Read(request.ToByteArray()));
    }

    // etcd looks at the request's own id first.
    [Fact]
    public void Read_RequestWithBoth_IsItsOwnId()
    {
        var request = new InternalRaftRequest { ID = 5, Header = new RequestHeader { ID = 6 } };

        Assert.Equal(5ul, EntryRequestId.Read(request.ToByteArray()));
    }

    [Fact]
    public void Read_RawV2Request_IsItsId() =>
        Assert.Equal(9ul, EntryRequestId.Read(new Request { ID = 9, Method = "PUT", Path = "/1/a" }.ToByteArray()));

    [Fact]
    public void Read_NoId_IsZero() => Assert.Equal(0ul, EntryRequestId.Read(new InternalRaftRequest().ToByteArray()));

    [Fact]
    public void Read_CutOff_IsRefused()
    {
        byte[] data = new InternalRaftRequest { Header = new RequestHeader { ID = ulong.MaxValue } }.ToByteArray();

        for (int length = 1; length < data.Length; length++)
        {
            Assert.Throws<ProtoFormatException>(() => EntryRequestId.Read(data.AsSpan(0, length)));
        }
    }
}
