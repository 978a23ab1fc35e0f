namespace Etcd.Grpc;

/// <summary>The HTTP/2 implementations a channel can use.</summary>
public enum RpcTransportKind
{
    /// <summary>A lean one of our own: starts several times faster and costs less per call.</summary>
    Lean,

    /// <summary>The one of <see cref="System.Net.Http.SocketsHttpHandler"/>.</summary>
    SocketsHttp,
}
