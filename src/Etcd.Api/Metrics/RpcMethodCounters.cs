using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Server.Observation;

namespace Etcd.Api.Metrics;

/// <summary>What happened to the calls of one method. Any thread.</summary>
internal sealed class RpcMethodCounters(RpcServerMethod method, bool withTimes)
{
    // The bounds that Prometheus's libraries take when nobody names others, in milliseconds.
    private static readonly TimeSpan[] Bounds =
    [
        .. new double[] { 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000 }.Select(TimeSpan.FromMilliseconds),
    ];

    private readonly long[] _handled = new long[(int)RpcStatusCode.Unauthenticated + 1];
    private long _started;
    private long _received;
    private long _sent;

    internal string Service { get; } = method.Service;

    internal string Method { get; } = method.Name;

    /// <summary>Which sides stream, in the words of the <c>grpc_type</c> label.</summary>
    internal string Type { get; } = method.Kind switch
    {
        RpcMethodKind.Unary => "unary",
        RpcMethodKind.ClientStream => "client_stream",
        RpcMethodKind.ServerStream => "server_stream",
        _ => "bidi_stream",
    };

    /// <summary>How long calls took; <see langword="null"/> when that is not recorded.</summary>
    internal DurationHistogram? Times { get; } = withTimes ? new DurationHistogram(Bounds) : null;

    internal long Started => Interlocked.Read(ref _started);

    internal long Received => Interlocked.Read(ref _received);

    internal long Sent => Interlocked.Read(ref _sent);

    internal long Handled(RpcStatusCode code) => Interlocked.Read(ref _handled[(int)code]);

    internal void CountStarted() => Interlocked.Increment(ref _started);

    internal void CountReceived() => Interlocked.Increment(ref _received);

    internal void CountSent() => Interlocked.Increment(ref _sent);

    /// <summary>Counts an end. gRPC knows no codes but these; a handler's own number counts as Unknown, as clients take it.</summary>
    internal void CountHandled(RpcStatusCode code) =>
        Interlocked.Increment(ref _handled[(uint)code < (uint)_handled.Length ? (int)code : (int)RpcStatusCode.Unknown]);
}
