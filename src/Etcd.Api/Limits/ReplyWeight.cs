using Etcd.Api.Gateway;
using Etcd.Grpc.Server;
using Etcd.Mvcc;

namespace Etcd.Api.Limits;

/// <summary>What a reply costs in memory, by what it holds and by the way it goes out.</summary>
internal static class ReplyWeight
{
    /// <summary>Keys up to which a range is measured exactly, or, while there is plenty of memory, not before it is written.</summary>
    internal const int FewKeys = 16;

    // A revision in the list of a range.
    private const int RevisionBytes = 16;

    // Objects around the bytes of a key in a message: KeyValue, two byte strings with their arrays, a place in a list.
    private const int MessageBytesPerKey = 200;

    /// <summary>What a range costs.</summary>
    /// <param name="call">The call it answers.</param>
    /// <param name="reply">What was found.</param>
    /// <param name="exactly">Whether all records are looked at.</param>
    internal static long OfRange(RpcServerCall call, RangeReply reply, bool exactly) =>
        OfRange(call, reply.MeasureKeyValues(exactly ? int.MaxValue : FewKeys), reply.KeyValueCount);

    /// <summary>What a range of so many bytes costs.</summary>
    internal static long OfRange(RpcServerCall call, long bytes, int keys) => (bytes * CopiesOf(call)) + ((long)keys * RevisionBytes);

    /// <summary>What keys cost in a reply that is made as a message, which is encoded afterwards.</summary>
    internal static long OfMessage(RpcServerCall call, long bytes, long keys) => (bytes * (CopiesOf(call) + 1)) + (keys * MessageBytesPerKey);

    // The gateway grows a message by doubling, and makes JSON of it, which is half as large again and grows the same way. A compressed reply
    // is written whole before it is compressed. All others go straight into the connection's buffers.
    private static int CopiesOf(RpcServerCall call) => call is GatewayCall ? 4 : call.RequestHeader("grpc-encoding") == "gzip" ? 3 : 1;
}
