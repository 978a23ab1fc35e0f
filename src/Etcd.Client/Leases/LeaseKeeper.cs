using System.Runtime.CompilerServices;
using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>Renews one lease until it is gone.</summary>
/// <param name="calls">Makes the calls.</param>
/// <param name="leaseId">The lease.</param>
/// <param name="life">How long the lease certainly lives without a renewal; <see langword="null"/>: nobody knows.</param>
internal sealed class LeaseKeeper(CallInvoker calls, long leaseId, TimeSpan? life = null)
{
    // The lease is renewed at each third of its time: two renewals may get lost.
    private const int RenewalsPerTtl = 3;

    // The lease may have been granted any time ago, so nobody knows how long to try before the first renewal succeeds; then this long.
    private static readonly TimeSpan FirstRenewalMax = TimeSpan.FromSeconds(10);

    // Timers count no further than some weeks. A lease may live for centuries.
    private static readonly TimeSpan WaitMax = TimeSpan.FromDays(7);

    private IEndpointStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>? _stream;
    private CancellationTokenSource? _streamEnd;
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
        TimeSpan left = life ?? FirstRenewalMax;
        try
        {
            while (true)
            {
                (LeaseKeepAliveResponse? reply, long sentAt) = await RenewWithinAsync(left, cancellationToken).ConfigureAwait(false);
                if (reply is not { TTL: > 0 })
                {
                    throw new LeaseExpiredException(leaseId);
                }

                yield return reply;
                TimeSpan ttl = TimeSpan.FromSeconds(reply.TTL);
                await Task.Delay(Shorter(ttl / RenewalsPerTtl, WaitMax), calls.Time, cancellationToken).ConfigureAwait(false);

                // The member counts from when it took the renewal, at the earliest when that was sent. What a slow reader, or a machine that was
                // asleep, has used up since is gone.
                left = ttl - calls.Time.GetElapsedTime(sentAt);
            }
        }
        finally
        {
            CloseStream();
        }
    }

    /// <summary>Renews, over several endpoints if need be, while the lease has time left.</summary>
    /// <returns>The answer, and when what it answers was sent; <see langword="null"/> when the time passed.</returns>
    private async Task<(LeaseKeepAliveResponse? Reply, long SentAt)> RenewWithinAsync(TimeSpan left, CancellationToken cancellationToken)
    {
        if (left <= TimeSpan.Zero)
        {
            return default;
        }

        using CancellationTokenSource expiry = new(Shorter(left, WaitMax), calls.Time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(expiry.Token, cancellationToken);
        Backoff backoff = calls.NewBackoff();
        try
        {
            while (true)
            {
                try
                {
                    _stream ??= await OpenAsync(expiry.Token, cancellationToken).ConfigureAwait(false);
                    expiry.Token.ThrowIfCancellationRequested();
                    long sentAt = calls.Time.GetTimestamp();
                    return (await RenewAsync(_stream, leaseId, either.Token).ConfigureAwait(false), sentAt);
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
            return default;
        }
    }

    // The stream outlives the renewal that opens it, so it has an end of its own. Only while it is being opened, which takes a connection and
    // perhaps a sign-in, does the end of the lease end it.
    private async Task<IEndpointStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>> OpenAsync(
        CancellationToken expiry, CancellationToken cancellationToken)
    {
        _endpoint = calls.CurrentEndpoint;
        _streamEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using CancellationTokenRegistration untilOpen = expiry.UnsafeRegister(
            static end => ((CancellationTokenSource)end!).Cancel(), _streamEnd);
        return await calls.StreamAsync(Methods.LeaseKeepAlive, requireLeader: false, _endpoint, _streamEnd.Token).ConfigureAwait(false);
    }

    private void CloseStream()
    {
        _stream?.Dispose();
        _stream = null;
        _streamEnd?.Dispose();
        _streamEnd = null;
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
