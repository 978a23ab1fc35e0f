using Etcd.Grpc;

namespace Etcd.Client.Calls;

/// <summary>The endpoints of a client. All calls go to one of them until it fails; then the next one in the list is theirs.</summary>
internal sealed class EndpointPool(IReadOnlyList<string> endpoints, Func<string, IEndpointChannel> connect) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, IEndpointChannel> _channels = new(StringComparer.Ordinal);
    private int _current;
    private bool _isDisposed;

    /// <summary>How many endpoints there are to turn to.</summary>
    public int Count => endpoints.Count;

    /// <summary>The endpoint that calls go to.</summary>
    public string Current
    {
        get
        {
            lock (_lock)
            {
                return endpoints[_current];
            }
        }
    }

    /// <summary>Moves on from <paramref name="failed"/>, unless somebody else did already.</summary>
    public void MoveOnFrom(string failed)
    {
        lock (_lock)
        {
            if (endpoints[_current] == failed)
            {
                _current = (_current + 1) % endpoints.Count;
            }
        }
    }

    /// <summary>The channel to an endpoint, which need not be one of the list.</summary>
    /// <exception cref="RpcException">The endpoint is no address; Unavailable, as if nobody answered there.</exception>
    /// <exception cref="ObjectDisposedException">The client is disposed.</exception>
    public IEndpointChannel Channel(string endpoint)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(EtcdClient));
            if (_channels.TryGetValue(endpoint, out IEndpointChannel? channel))
            {
                return channel;
            }

            try
            {
                return _channels[endpoint] = connect(endpoint);
            }
            catch (FormatException failure)
            {
                throw new RpcException(
                    RpcStatusCode.Unavailable, RetryRules.ConnectionErrorPrefix + "\"" + failure.Message + "\"", inner: failure);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        IEndpointChannel[] channels;
        lock (_lock)
        {
            _isDisposed = true;
            channels = [.. _channels.Values];
            _channels.Clear();
        }

        foreach (IEndpointChannel channel in channels)
        {
            await channel.DisposeAsync().ConfigureAwait(false);
        }
    }
}
