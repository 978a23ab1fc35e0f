namespace Etcd.Grpc.Server;

/// <summary>A method of the service table.</summary>
public sealed class RpcServerMethod
{
    internal RpcServerMethod(string service, string name, RpcMethodKind kind, UnaryHandler? unary, StreamingHandler? streaming)
    {
        Service = service;
        Name = name;
        Kind = kind;
        Path = $"/{service}/{name}";
        Unary = unary;
        Streaming = streaming;
    }

    /// <summary>Full name of the service, as <c>etcdserverpb.KV</c>.</summary>
    public string Service { get; }

    /// <summary>Name of the method, as <c>Range</c>.</summary>
    public string Name { get; }

    /// <summary>Path of the method on the wire: <c>/service/name</c>.</summary>
    public string Path { get; }

    /// <summary>Which sides stream.</summary>
    public RpcMethodKind Kind { get; }

    /// <summary>Whatever the <see cref="IRpcServerObserver"/> keeps for this method, so that it need not look it up per call.</summary>
    public object? ObserverState { get; set; }

    internal UnaryHandler? Unary { get; }

    internal StreamingHandler? Streaming { get; }
}
