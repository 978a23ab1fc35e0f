namespace Etcd.Grpc;

/// <summary>A call ended with a status other than <see cref="RpcStatusCode.OK"/>.</summary>
/// <remarks>On a client it is what the server (or the transport) said. A server handler throws it to choose the status.</remarks>
public sealed class RpcException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">Status code, not <see cref="RpcStatusCode.OK"/>.</param>
    /// <param name="message">Status text as it stands on the wire, before percent-encoding.</param>
    /// <param name="trailers">Metadata that came, or shall go, with the status.</param>
    /// <param name="inner">The failure below, when there is one.</param>
    public RpcException(RpcStatusCode code, string message, RpcMetadata? trailers = null, Exception? inner = null)
        : base(message, inner)
    {
        Code = code;
        Trailers = trailers;
    }

    /// <summary>The status code.</summary>
    public RpcStatusCode Code { get; }

    /// <summary>Metadata sent with the status; <see langword="null"/> when none.</summary>
    public RpcMetadata? Trailers { get; }

    /// <summary>Whether the server certainly did not look at the call, so that it may be sent again whatever it does.</summary>
    public bool IsUnprocessed { get; internal set; }
}
