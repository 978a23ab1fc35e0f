using Etcd.Client.Calls;
using Etcd.Grpc;

using Google.Protobuf;

namespace Etcd.Proxy.Upstreams;

/// <summary>The cluster behind the proxy. All calls go to one member until it fails; then the next one is theirs.</summary>
internal sealed class Upstream : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, RpcChannel> _channels = new(StringComparer.Ordinal);
    private readonly Func<string, RpcChannel> _connect;

    // Of members that are no longer in the list: calls in progress may finish until the next list.
    private readonly List<RpcChannel> _retired = [];
    private IReadOnlyList<string> _endpoints;
    private int _current;

    internal Upstream(IReadOnlyList<string> endpoints, Func<string, RpcChannel> connect)
    {
        _endpoints = endpoints;
        _connect = connect;
    }

    /// <summary>The members it knows.</summary>
    internal IReadOnlyList<string> Endpoints
    {
        get
        {
            lock (_lock)
            {
                return _endpoints;
            }
        }
    }

    /// <summary>The member that calls go to.</summary>
    internal string Current
    {
        get
        {
            lock (_lock)
            {
                return _endpoints[_current];
            }
        }
    }

    /// <summary>Makes a call for a client.</summary>
    /// <param name="method">The method.</param>
    /// <param name="request">The request.</param>
    /// <param name="credentials">What the client sent to show who it is.</param>
    /// <param name="isRepeatable">Whether it does no harm to carry it out twice.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="RpcException">What the cluster answers; Unavailable when no member can be reached.</exception>
    internal async Task<TReply> UnaryAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, TRequest request, ForwardedCredentials credentials, bool isRepeatable, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        int endpoints = Endpoints.Count;
        for (int attempt = 1; ; attempt++)
        {
            string target = Current;
            try
            {
                return await Channel(target).UnaryAsync(method, request, credentials.Options(), cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException failure) when (failure.Code == RpcStatusCode.Unavailable)
            {
                // Also where this call may not be made twice: the next one need not find out again that the member is gone.
                MoveOnFrom(target);
                if (attempt >= endpoints || !MayGoElsewhere(failure, isRepeatable))
                {
                    throw;
                }
            }
        }
    }

    /// <summary>Opens a stream at the current member; <see cref="MoveOnFrom"/> before another attempt.</summary>
    /// <exception cref="RpcException">The member cannot be reached.</exception>
    internal Task<RpcStreamCall<TRequest, TReply>> StreamAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, string endpoint, ForwardedCredentials credentials, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> =>
        Channel(endpoint).StreamAsync(method, credentials.Options(), cancellationToken);

    /// <summary>Moves on from a member that failed, unless somebody else did already.</summary>
    internal void MoveOnFrom(string failed)
    {
        lock (_lock)
        {
            if (_endpoints[_current] == failed)
            {
                _current = (_current + 1) % _endpoints.Count;
            }
        }
    }

    /// <summary>Takes another list of members. The one in use stays in use if it is in it. Connections to a member that is not in it are closed with the
    /// list after this one.</summary>
    internal async ValueTask ReplaceAsync(IReadOnlyList<string> endpoints)
    {
        RpcChannel[] closing;
        lock (_lock)
        {
            string current = _endpoints[_current];
            _endpoints = endpoints;
            _current = Math.Max(0, endpoints.ToList().IndexOf(current));
            closing = [.. _retired];
            _retired.Clear();
            foreach (string gone in _channels.Keys.Except(endpoints, StringComparer.Ordinal).ToArray())
            {
                _channels.Remove(gone, out RpcChannel? channel);
                _retired.Add(channel!);
            }
        }

        foreach (RpcChannel channel in closing)
        {
            await channel.DisposeAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        RpcChannel[] channels;
        lock (_lock)
        {
            channels = [.. _channels.Values, .. _retired];
            _channels.Clear();
            _retired.Clear();
        }

        foreach (RpcChannel channel in channels)
        {
            await channel.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static bool MayGoElsewhere(RpcException failure, bool isRepeatable) =>
        RetryRules.Judge(failure, isRepeatable ? CallKind.Repeatable : CallKind.Write, hasCredentials: false) != RetryVerdict.Fail;

    private RpcChannel Channel(string endpoint)
    {
        lock (_lock)
        {
            if (!_channels.TryGetValue(endpoint, out RpcChannel? channel))
            {
                channel = _channels[endpoint] = _connect(endpoint);
            }

            return channel;
        }
    }
}
