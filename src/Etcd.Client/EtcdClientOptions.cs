using System.Net.Security;

namespace Etcd.Client;

/// <summary>Settings of an <see cref="EtcdClient"/>.</summary>
public sealed record EtcdClientOptions
{
    /// <summary>Servers, at least one: <c>http://host:port</c>, <c>https://host:port</c>, <c>unix://path</c>, or <c>host:port</c> without TLS.
    /// All must belong to one cluster. Calls go to one of them and move on when it cannot be reached.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = ["http://127.0.0.1:2379"];

    /// <summary>TLS settings for every endpoint, also those written without a scheme. <see langword="null"/>: only <c>https</c>
    /// endpoints use TLS, with the system's trust.</summary>
    public SslClientAuthenticationOptions? Tls { get; init; }

    /// <summary>User to sign in as; <see langword="null"/> or empty: no sign-in.</summary>
    public string? User { get; init; }

    /// <summary>Password of <see cref="User"/>.</summary>
    public string? Password { get; init; }

    /// <summary>Token to show with every call in place of a sign-in, for clusters that take JSON web tokens; <see langword="null"/> or empty: none.
    /// It goes before <see cref="User"/>.</summary>
    public string? Token { get; init; }

    /// <summary>How long connecting to one endpoint may take before the next is tried.</summary>
    public TimeSpan DialTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long one call (not a watch or a keep-alive) may take with all its repetitions; <see langword="null"/>: as long as its
    /// cancellation token allows. After it the call fails with DeadlineExceeded.</summary>
    public TimeSpan? CallTimeout { get; init; }

    /// <summary>Silence on a connection after which the client asks whether the server is alive; <see langword="null"/>: never.</summary>
    public TimeSpan? KeepAliveInterval { get; init; }

    /// <summary>How long the server may take to answer that question before the connection counts as lost.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Largest request in bytes; the server has a limit of its own, 1.5 MiB by default.</summary>
    public int SendBytesMax { get; init; } = 2 * 1024 * 1024;

    /// <summary>Largest reply in bytes.</summary>
    public int ReceiveBytesMax { get; init; } = int.MaxValue;

    /// <summary>Clock for time-outs, pauses between attempts and lease renewal.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Told of every attempt that failed, also those that are repeated; for logs. Runs on the calling thread: be quick.</summary>
    public Action<CallFailure>? OnCallFailed { get; init; }

    /// <summary>Unary calls run on the calling thread from connect to reply. For programs that make one call and end, such as etcdctl:
    /// no thread pool, no poll loop.</summary>
    internal bool BlockingUnary { get; init; }
}
