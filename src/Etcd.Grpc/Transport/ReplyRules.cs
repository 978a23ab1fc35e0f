using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport;

/// <summary>What a client makes of the headers and the end of a reply.</summary>
internal static class ReplyRules
{
    /// <summary>Checks the response headers.</summary>
    /// <exception cref="RpcException">They end the call with an error, or are none of an RPC.</exception>
    public static void CheckHead(RpcHeaderBlock head)
    {
        if (head.Status is not null)
        {
            // Trailers-only: the call has ended with its headers.
            CheckFinal(head);
        }
        else if (head.HttpStatus != 200)
        {
            throw new RpcException(
                HttpStatusMapping.ToRpc(head.HttpStatus), $"unexpected HTTP status code received from server: {head.HttpStatus}");
        }
        else if (head.ContentType?.StartsWith(RpcHeaderNames.ContentTypeValue, StringComparison.Ordinal) != true)
        {
            throw new RpcException(
                RpcStatusCode.Unknown, $"received unexpected content-type \"{head.ContentType}\": the server does not speak gRPC");
        }
    }

    /// <summary>Checks the block with the status.</summary>
    /// <exception cref="RpcException">The status is not OK, or missing.</exception>
    public static void CheckFinal(RpcHeaderBlock? block)
    {
        if (block is null)
        {
            throw new RpcException(RpcStatusCode.Internal, "server closed the stream without sending trailers");
        }

        RpcStatusCode status = block.Status
            ?? throw new RpcException(RpcStatusCode.Unknown, "server closed the stream without sending a status");
        if (status != RpcStatusCode.OK)
        {
            throw new RpcException(status, block.Message, block.Metadata);
        }
    }

    /// <summary>The error for a body that ends inside a message.</summary>
    public static RpcException CutOff() => new(RpcStatusCode.Internal, "unexpected EOF");

    /// <summary>The error for a unary call whose status is OK and whose reply is missing.</summary>
    public static RpcException NoReply() => new(RpcStatusCode.Internal, "the server ended the call without a reply");

    /// <summary>The error for a unary call with several replies.</summary>
    public static RpcException ManyReplies() => new(RpcStatusCode.Internal, "the server sent more than one reply");

    /// <summary>The error for a compressed message in a reply that declares no compression.</summary>
    public static RpcException NotDeclaredCompressed() =>
        new(RpcStatusCode.Internal, "grpc: compressed flag set with identity or empty encoding");
}
