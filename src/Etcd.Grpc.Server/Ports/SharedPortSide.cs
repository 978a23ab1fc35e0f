namespace Etcd.Grpc.Server.Ports;

/// <summary>The two protocols that share a cleartext port.</summary>
internal enum SharedPortSide
{
    /// <summary>HTTP/1.1.</summary>
    Http1,

    /// <summary>HTTP/2 with prior knowledge: the client begins with the preface.</summary>
    Http2,
}
