using Etcd.Grpc;

namespace Etcdctl.Connection;

/// <summary>The text of failed calls.</summary>
internal static class RpcErrorText
{
    /// <summary>Code and text.</summary>
    public static string Full(RpcException error) => $"rpc error: code = {error.Code} desc = {error.Message}";

    /// <summary>What the user reads: etcd's own errors by their text alone, ended time as such, others with their code.</summary>
    public static string Short(RpcException error)
    {
        if (error.Message.StartsWith("etcdserver: ", StringComparison.Ordinal))
        {
            return error.Message;
        }

        return error.Code switch
        {
            RpcStatusCode.DeadlineExceeded => "context deadline exceeded",
            RpcStatusCode.Canceled => "context canceled",
            _ => Full(error),
        };
    }
}
