using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Proxy.Upstreams;

/// <summary>Whether the cluster answers calls that have no token. It does until authentication is switched on, and then none of them, whatever their keys: so
/// one answer is good for all clients.</summary>
/// <remarks>Safe for concurrent use. Whoever asks while a question is on its way waits for its answer.</remarks>
internal sealed class AnonymousAccess(Upstream upstream, TimeProvider time)
{
    /// <summary>How long an answer is good: as long as a read from memory.</summary>
    internal static readonly TimeSpan AgeMax = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private Task<bool>? _answer;

    // Time stamp of the question.
    private long _asked;

    /// <summary>Asks the cluster, unless it has just been asked.</summary>
    /// <returns><see langword="false"/> also where there is no answer.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    internal Task<bool> IsGrantedAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_answer is null || time.GetElapsedTime(_asked) > AgeMax)
            {
                _asked = time.GetTimestamp();
                _answer = AskAsync();
            }

            return _answer.WaitAsync(cancellationToken);
        }
    }

    private async Task<bool> AskAsync()
    {
        using var limit = new CancellationTokenSource(Patience, time);
        var probe = new RangeRequest { Key = ByteString.CopyFrom(0), Serializable = true, CountOnly = true };
        try
        {
            await upstream.UnaryAsync(Methods.Range, probe, ForwardedCredentials.None, isRepeatable: true, limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception failure) when (failure is RpcException or OperationCanceledException)
        {
            // Refused, or not known.
            return false;
        }
    }
}
