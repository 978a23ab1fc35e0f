namespace Etcd.Grpc.Server;

/// <summary>Which sides of a call may send more than one message.</summary>
public enum RpcMethodKind
{
    /// <summary>One request, one reply.</summary>
    Unary,

    /// <summary>Many requests, one reply.</summary>
    ClientStream,

    /// <summary>One request, many replies.</summary>
    ServerStream,

    /// <summary>Many requests and many replies, independent of each other.</summary>
    BidiStream,
}
