using System.Runtime.CompilerServices;
using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>Renews one lease until it is gone.</summary>
internal sealed class LeaseKeeper(CallInvoker calls, long leaseId)
{
    // The lease is renewed at each third of its time: two renewals may get lost.
    private const int RenewalsPerTtl = 3;

    // The lease may have been granted any time ago, so nobody knows how long to try before the first renewal succeeds; then this long.
    private static readonly TimeSpan FirstRenewalMax = TimeSpan.FromSeconds(10);

    private IEndpointStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>? _stream;
    private string _endpoint = "";

    /// <summary>Sends one renewal and waits for its answer.</summary>
    public static async Task<LeaseKeepAliveResponse> RenewAsync(
        IEndpointStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse> stream, long leaseId, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(new LeaseKeepAliveRequest { ID = leaseId }, cancellationToken).ConfigureAwait(false);
        return await stream.ReadAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new RpcException(RpcStatusCode.Unavailable, "the server ended the keep-alive stream");
    }

    /// <summary>Renews until the lease is gone or the token is cancelled.</summary>
    public async IAsyncEnumerable<LeaseKeepAliveResponse> RenewAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        TimeSpan life = FirstRenewalMax;
        try
        {
            while (true)
            {
                LeaseKeepAliveResponse? reply = await RenewWithinAsync(life, cancellationToken).ConfigureAwait(false);
                if (reply is not { TTL: > 0 })
                {
                    throw new LeaseExpiredException(leaseId);
                }

                yield return reply;
                TimeSpan ttl = TimeSpan.FromSeconds(reply.TTL);
                TimeSpan pause = ttl / RenewalsPerTtl;
                await Task.Delay(pause, calls.Time, cancellationToken).ConfigureAwait(false);
                life = ttl - pause;
            }
        }
        finally
        {
            _stream?.Dispose();
        }
    }

    /// <summary>Renews, over several endpoints if need be, while the lease has time left.</summary>
    /// <returns>The answer; <see langword="null"/> when the time passed.</returns>
    private async Task<LeaseKeepAliveResponse?> RenewWithinAsync(TimeSpan life, CancellationToken cancellationToken)
    {
        using CancellationTokenSource expiry = new(life, calls.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken);
        Backoff backoff = calls.NewBackoff();
        try
        {
            while (true)
            {
                try
                {
                    _stream ??= await OpenAsync(cancellationToken).ConfigureAwait(false);
                    return await RenewAsync(_stream, leaseId, either.Token).ConfigureAwait(false);
                }
                catch (RpcException error) when (calls.TryRecover(error, _endpoint, Methods.LeaseKeepAlive.Path))
                {
                    CloseStream();
                    await backoff.WaitAsync(longest: null, either.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (expiry.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    // The stream outlives the renewal that opens it, so it is bound to the caller's token alone.
    private Task<IEndpointStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>> OpenAsync(CancellationToken cancellationToken)
    {
        _endpoint = calls.CurrentEndpoint;
        return calls.StreamAsync(Methods.LeaseKeepAlive, requireLeader: false, _endpoint, cancellationToken);
    }

    private void CloseStream()
    {
        _stream?.Dispose();
        _stream = null;
    }
}
