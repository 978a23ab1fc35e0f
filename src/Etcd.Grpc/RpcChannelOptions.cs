using System.Net.Security;

namespace Etcd.Grpc;

/// <summary>Settings of a channel.</summary>
public sealed record RpcChannelOptions
{
    /// <summary>TLS settings for an address with TLS; <see langword="null"/>: the system's trust, the address's host name.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>How long connecting may take, TLS included.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Silence after which the client asks whether the server is alive; <see langword="null"/>: never. Less than ten seconds count
    /// as ten, as in grpc-go: servers send clients away that ask more often.</summary>
    public TimeSpan? KeepAliveInterval { get; init; }

    /// <summary>Least value taken for <see cref="KeepAliveInterval"/>; tests lower it.</summary>
    internal TimeSpan KeepAliveIntervalMin { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The interval that applies.</summary>
    internal TimeSpan? EffectiveKeepAliveInterval => KeepAliveInterval < KeepAliveIntervalMin ? KeepAliveIntervalMin : KeepAliveInterval;

    /// <summary>How long the server may take to answer that before the connection counts as lost.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether to ask also while no call is in progress. Servers may punish it.</summary>
    public bool KeepAliveWithoutCalls { get; init; }

    /// <summary>Which HTTP/2 the channel speaks through.</summary>
    public RpcTransportKind Transport { get; init; }

    /// <summary>Whether awaiting code goes on directly on the thread that reads the connection. Saves a hop per call, for programs that
    /// never block there (a load generator); in others one blocked continuation stops all calls.</summary>
    public bool InlineContinuations { get; init; }

    /// <summary>Whether unary calls run on the calling thread from connect to reply, as long as no stream has been opened on the channel:
    /// their tasks are complete when they are returned. For command-line tools, where starting a thread pool, a timer and an event
    /// loop takes longer than the call. Lean transport only.</summary>
    public bool BlockingUnary { get; init; }

    /// <summary>Largest request message in bytes.</summary>
    public int SendBytesMax { get; init; } = int.MaxValue;

    /// <summary>Largest reply message in bytes, after decompression.</summary>
    public int ReceiveBytesMax { get; init; } = int.MaxValue;

    /// <summary>The <c>:authority</c> sent; <see langword="null"/>: that of the address.</summary>
    public string? Authority { get; init; }

    /// <summary>The <c>user-agent</c> sent.</summary>
    public string UserAgent { get; init; } = "grpc-dotnet-etcd/0.1.0";
}
