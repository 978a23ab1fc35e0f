namespace Etcd.Grpc.Server;

/// <summary>How a server treats calls and connections. The defaults are etcd's.</summary>
public sealed record RpcServerOptions
{
    private const int MessagesHeldMin = 16;

    private readonly long? _requestBytesHeldMax;

    /// <summary>Largest request message in bytes, after decompression. etcd: <c>--max-request-bytes</c> plus 512 KiB.</summary>
    public int ReceiveBytesMax { get; init; } = 1_572_864 + (512 * 1024);

    /// <summary>Most calls at once on one connection (<c>--max-concurrent-streams</c>).</summary>
    public uint StreamsPerConnectionMax { get; init; } = uint.MaxValue;

    /// <summary>Is told of each call refused for <see cref="StreamsPerConnectionMax"/>; <see langword="null"/>: nobody. Of this library's own connections
    /// only: Kestrel refuses such a call without a word. Called under the connection's lock; must be quick and must not throw.</summary>
    public Action? ReportStreamBeyondMax { get; init; }

    /// <summary>Request bytes that all connections in clear text hold together before requests that are not whole are reset with ENHANCE_YOUR_CALM, those
    /// first that have taken longest. Their buffers take up to twice as much. As much again may be held of messages that are not whole on connections
    /// that Kestrel serves, as under TLS; there the oldest end with ResourceExhausted. By default 256 MiB, of which a hundred callers that put the largest
    /// values etcd takes stay well below, or room for sixteen messages of <see cref="ReceiveBytesMax"/> where that is more.</summary>
    public long RequestBytesHeldMax
    {
        get => _requestBytesHeldMax ?? Math.Max(256L * 1024 * 1024, MessagesHeldMin * (long)ReceiveBytesMax);
        init => _requestBytesHeldMax = value;
    }

    /// <summary>Silence on a connection after which the server asks whether the client is alive (<c>--grpc-keepalive-interval</c>).
    /// Zero or less turns it off.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How long the client may take to answer that before the connection is closed (<c>--grpc-keepalive-timeout</c>).</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Least time between two pings of a client (<c>--grpc-keepalive-min-time</c>); one that pings more often is told to go away.
    /// Zero or less allows any rate.</summary>
    public TimeSpan ClientPingIntervalMin { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most open connections of all listeners together; further ones are closed at once. <see langword="null"/>: no limit.</summary>
    public long? ConnectionsMax { get; init; }

    /// <summary>How long a connection without a call in progress stays open. A client that calls again afterwards connects again by itself.</summary>
    public TimeSpan IdleConnectionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a new connection may take to show which protocol it speaks.</summary>
    public TimeSpan ProtocolDetectionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether HTTP/2 in clear text is served by this library's own connections, with few hand-overs between threads; else Kestrel serves it.</summary>
    public bool ServesHttp2Itself { get; init; } = true;

    /// <summary>Most connections that have not shown yet which protocol they speak; one more drops the oldest.</summary>
    public int UndetectedConnectionsMax { get; init; } = 1024;

    /// <summary>How long a client may take for a reply that has something others wait for (<see cref="RpcServerCall.HeldUntilSent"/>), beside what its length
    /// takes at <see cref="HeldReplyBytesPerSecondMin"/>. Then its stream is reset.</summary>
    public TimeSpan HeldReplyTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Slowest pace at which such a reply may be taken.</summary>
    public int HeldReplyBytesPerSecondMin { get; init; } = 64 * 1024;

    /// <summary>Looks at every call before its handler: an error refuses it. <see langword="null"/> lets all in.</summary>
    public Func<RpcServerCall, RpcException?>? Admit { get; init; }

    /// <summary>Whether listening sockets may share their port with those of other processes (<c>--socket-reuse-port</c>).</summary>
    public bool ReusePort { get; init; }

    /// <summary>Whether listening sockets may take an address whose last connections still linger (<c>--socket-reuse-address</c>).</summary>
    public bool ReuseAddress { get; init; }

    /// <summary>Is told about calls; <see langword="null"/>: nobody.</summary>
    public IRpcServerObserver? Observer { get; init; }

    /// <summary>Shortest time of a unary call that <see cref="ReportUnary"/> is told about.</summary>
    public TimeSpan UnaryReportedFrom { get; init; } = TimeSpan.MaxValue;

    /// <summary>Is told about unary calls that took long, at their end; <see langword="null"/>: nobody. Must not throw.</summary>
    public RpcUnaryReporter? ReportUnary { get; init; }

    /// <summary>Turns an exception of a handler into a status. <see langword="null"/>, or a <see langword="null"/> result, leaves it to the
    /// server: cancellation is Canceled or DeadlineExceeded, anything unexpected is logged and answered as Unknown.</summary>
    public Func<RpcServerCall, Exception, RpcException?>? TranslateException { get; init; }

    /// <summary>The clock of deadlines and time-outs.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
