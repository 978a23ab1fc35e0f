namespace Etcd.Grpc;

/// <summary>What one call adds to its channel's settings.</summary>
public sealed record RpcCallOptions
{
    /// <summary>Time from the start of the call to its end; <see langword="null"/>: no limit. The server is told.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Metadata to send.</summary>
    public RpcMetadata? Metadata { get; init; }

    /// <summary>Whether to send messages compressed with gzip.</summary>
    public bool Gzip { get; init; }

    /// <summary>Largest reply message in bytes; <see langword="null"/>: the channel's limit.</summary>
    public int? ReceiveBytesMax { get; init; }
}
