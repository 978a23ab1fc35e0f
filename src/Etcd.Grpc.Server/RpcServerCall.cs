using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Etcd.Grpc.Server;

/// <summary>One call as its handler sees it. Valid until the handler completes; the object then serves another call.</summary>
public abstract class RpcServerCall
{
    /// <summary>The method called.</summary>
    public abstract RpcServerMethod Descriptor { get; }

    /// <summary>Full name of the service, as <c>etcdserverpb.KV</c>.</summary>
    public string Service => Descriptor.Service;

    /// <summary>Name of the method, as <c>Range</c>.</summary>
    public string Method => Descriptor.Name;

    /// <summary>Metadata of the request. To look up one name, <see cref="RequestHeader"/> is cheaper.</summary>
    public abstract RpcMetadata RequestHeaders { get; }

    /// <summary>Metadata to send before the first reply. Has no effect once that has left.</summary>
    public abstract RpcMetadata ResponseHeaders { get; }

    /// <summary>Metadata to send with the status.</summary>
    public abstract RpcMetadata Trailers { get; }

    /// <summary>When the client stops waiting; <see langword="null"/> when it gave no time-out.</summary>
    public abstract DateTimeOffset? Deadline { get; }

    /// <summary>Cancelled when the client gives up or goes away, or when the deadline passes. Must not be kept beyond the call.</summary>
    /// <remarks>A call that never asks for it does not pay for it.</remarks>
    public abstract CancellationToken CancellationToken { get; }

    /// <summary>The certificate the client proved to own; <see langword="null"/> without TLS or without one.</summary>
    public abstract X509Certificate2? ClientCertificate { get; }

    /// <summary>Where the client calls from; <see langword="null"/> when the transport does not say.</summary>
    public abstract EndPoint? RemoteEndPoint { get; }

    /// <summary>Things the reply holds, such as keys; for whoever reports on the call. The handler sets it.</summary>
    public long ReplyItems { get; set; }

    /// <summary>Something to give back once the reply has left for the client, or the call has failed: memory that a large reply was promised. The
    /// handler sets it. A unary reply that has it goes out at the client's pace before the call ends; of a stream that has it, each flush must be taken within
    /// <see cref="RpcServerOptions.HeldReplyTimeout"/>.</summary>
    public IDisposable? HeldUntilSent { get; set; }

    /// <summary>Is told the replies of this call; <see langword="null"/>: nobody. Whoever lets the call in sets it.</summary>
    public IReplyMeter? ReplyMeter { get; set; }

    /// <summary>First value of one request header.</summary>
    /// <param name="name">Lower-case name.</param>
    /// <returns>The value as on the wire, or <see langword="null"/> when absent.</returns>
    public virtual string? RequestHeader(string name) => RequestHeaders.Get(name);
}
