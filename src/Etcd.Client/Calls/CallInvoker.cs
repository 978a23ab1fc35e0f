using Etcd.Grpc;
using Google.Protobuf;

namespace Etcd.Client.Calls;

/// <summary>Makes calls: picks the endpoint, signs in, repeats what may be repeated.</summary>
internal sealed class CallInvoker(EndpointPool pool, EtcdClientOptions options)
{
    private readonly Credentials _credentials = new(options);

    /// <summary>The clock.</summary>
    public TimeProvider Time => options.TimeProvider;

    /// <summary>Makes a unary call on whichever endpoint answers.</summary>
    /// <exception cref="RpcException">The call failed, or the call time-out passed (DeadlineExceeded).</exception>
    public Task<TReply> UnaryAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, TRequest request, CallKind kind, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> => UnaryAsync(method, request, kind, endpoint: null, cancellationToken);

    /// <summary>Makes a unary call.</summary>
    /// <param name="method">The method.</param>
    /// <param name="request">The request.</param>
    /// <param name="kind">Whether it may be sent twice.</param>
    /// <param name="endpoint">The one endpoint to ask; <see langword="null"/> for whichever answers.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="RpcException">The call failed, or the call time-out passed (DeadlineExceeded).</exception>
    public async Task<TReply> UnaryAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, TRequest request, CallKind kind, string? endpoint, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        CallDeadline deadline = new(options.TimeProvider, options.CallTimeout);
        Backoff? backoff = null;
        for (int attempt = 0; ; attempt++)
        {
            string target = endpoint ?? pool.Current;
            RpcException error;
            try
            {
                IEndpointChannel channel = pool.Channel(target);
                RpcMetadata? metadata = await _credentials.MetadataAsync(channel, requireLeader: false, cancellationToken)
                    .ConfigureAwait(false);
                RpcCallOptions callOptions = new() { Timeout = deadline.Remaining, Metadata = metadata };
                return await channel.UnaryAsync(method, request, callOptions, cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException failure)
            {
                error = failure;
            }

            RetryVerdict verdict = RetryRules.Judge(error, kind, _credentials.Exist);
            bool retry = verdict != RetryVerdict.Fail
                && (verdict == RetryVerdict.TryNextEndpoint || attempt < RetryRules.RepeatsMax);
            if (retry && deadline.HasPassed)
            {
                error = CallDeadline.Passed(error);
                retry = false;
            }

            options.OnCallFailed?.Invoke(new CallFailure(target, method.Path, attempt, error, retry));
            if (!retry)
            {
                throw error;
            }

            if (verdict == RetryVerdict.SignIn)
            {
                _credentials.Forget();
            }
            else if (endpoint is null)
            {
                pool.MoveOnFrom(target);
            }

            backoff ??= new Backoff(options.TimeProvider, endpoint is null ? pool.Count : 1);
            await backoff.WaitAsync(deadline.Remaining, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The endpoint that the next stream shall go to.</summary>
    public string CurrentEndpoint => pool.Current;

    /// <summary>Opens a stream, once. When it fails or breaks, <see cref="TryRecover"/> says whether to open it again.</summary>
    /// <param name="method">The method.</param>
    /// <param name="requireLeader">Ask for a member with a leader.</param>
    /// <param name="endpoint">Where to.</param>
    /// <param name="cancellationToken">Ends the stream, at any time.</param>
    /// <exception cref="RpcException">There is no connection.</exception>
    public async Task<IEndpointStream<TRequest, TReply>> StreamAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, bool requireLeader, string endpoint, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        IEndpointChannel channel = pool.Channel(endpoint);
        RpcMetadata? metadata = await _credentials.MetadataAsync(channel, requireLeader, cancellationToken).ConfigureAwait(false);
        RpcCallOptions callOptions = new() { Metadata = metadata };
        return await channel.StreamAsync(method, callOptions, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Decides whether a broken stream is worth opening again, and prepares it: next endpoint, or a new token.</summary>
    public bool TryRecover(RpcException error, string target, string method)
    {
        bool retry = true;
        if (_credentials.Exist && RetryRules.IsStaleToken(error))
        {
            _credentials.Forget();
        }
        else if (RetryRules.CanReopen(error))
        {
            pool.MoveOnFrom(target);
        }
        else
        {
            retry = false;
        }

        options.OnCallFailed?.Invoke(new CallFailure(target, method, 0, error, retry));
        return retry;
    }

    /// <summary>Pauses for a stream that is opened again and again.</summary>
    public Backoff NewBackoff() => new(options.TimeProvider, pool.Count);
}
