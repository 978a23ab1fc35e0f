using Etcd.Interop.Wire;
using Etcd.Testing.Processes;

namespace Etcd.Interop;

/// <summary>Bytes that are no proper gRPC request get the status that Go's gRPC gives them, and leave the server serving.</summary>
public class BadFrameTests(SharedServers servers)
{
    private const string PutPath = "/etcdserverpb.KV/Put";

    private static readonly byte[] GoodPut = [0x0a, 0x01, (byte)'k', 0x12, 0x01, (byte)'v'];

    private static readonly BadFrame[] Frames =
    [
        new("message that ends inside a field", 200, 13, "grpc: error unmarshalling request: ", RawGrpc.Frame([0x0a, 0x05, (byte)'k'])),
        new("message of a wire type that does not exist", 200, 13, "grpc: error unmarshalling request: ", RawGrpc.Frame([0x0f, 0x01])),
        new("frame shorter than its length", 200, 2, "unexpected EOF", RawGrpc.Frame(GoodPut, length: 100)),
        new("frame that ends inside its prefix", 200, 2, "EOF", [0, 0, 0]),
        new("no frame at all", 200, 2, "EOF", []),
        new("frame of four gigabytes", 200, 8, "grpc: received message larger than max (4294967295 vs. 2097152)", RawGrpc.Frame(GoodPut, length: uint.MaxValue)),
        new("compressed frame without an encoding", 200, 13, "grpc: compressed flag set with identity or empty encoding", RawGrpc.Frame(GoodPut, flag: 1)),
        new("compressed frame that is not compressed", 200, 13, "grpc: failed to decompress the message: ", RawGrpc.Frame(GoodPut, flag: 1), ("grpc-encoding", "gzip")),
        new("unknown encoding", 200, 12, "grpc: Decompressor is not installed for grpc-encoding \"snappy\"", RawGrpc.Frame(GoodPut, flag: 1), ("grpc-encoding", "snappy")),
        new("deadline that has passed", 200, 4, "context deadline exceeded", RawGrpc.Frame(GoodPut), ("grpc-timeout", "1n")),
        new("malformed deadline", 400, 13, "malformed grpc-timeout: ", RawGrpc.Frame(GoodPut), ("grpc-timeout", "soon")),
        new("content type of something else", 415, 3, "invalid gRPC request content-type \"text/plain\"", RawGrpc.Frame(GoodPut), ("content-type", "text/plain")),
    ];

    public static IEnumerable<TheoryDataRow<string, ServerKind>> FramesOnBoth() =>
        from subject in Subjects.Both()
        from frame in Frames
        select new TheoryDataRow<string, ServerKind>(frame.Name, subject.Data) { Skip = subject.Skip };

    [Theory]
    [MemberData(nameof(FramesOnBoth))]
    public async Task Frame_NotAProperRequest_GetsItsStatusAndServerStaysUp(string name, ServerKind kind)
    {
        BadFrame frame = Array.Find(Frames, frame => frame.Name == name)!;
        EtcdServer server = await servers.GetAsync(kind);

        RawGrpcReply reply = await RawGrpc.PostAsync(server, PutPath, frame.Body, frame.Headers);

        Assert.Equal((frame.Http, frame.GrpcStatus), (reply.Http, reply.GrpcStatus));
        Assert.StartsWith(frame.TextStart, reply.GrpcMessage, StringComparison.Ordinal);
        RawGrpcReply good = await RawGrpc.PostAsync(server, PutPath, RawGrpc.Frame(GoodPut));
        Assert.Equal(new RawGrpcReply(200, 0, ""), good);
    }

    private sealed record BadFrame(string Name, int Http, int? GrpcStatus, string TextStart, byte[] Body, params (string Name, string Value)[] Headers);
}
