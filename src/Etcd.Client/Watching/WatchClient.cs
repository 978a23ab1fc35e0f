using Etcd.Client.Calls;
using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>Reports changes of keys.</summary>
public sealed class WatchClient
{
    private readonly CallInvoker _calls;

    internal WatchClient(CallInvoker calls) => _calls = calls;

    /// <summary>Watches keys until the token is cancelled. See <see cref="Watcher.ReadAsync"/> for what comes and what is thrown.</summary>
    public IAsyncEnumerable<WatchResponse> WatchAsync(
        KeyRange range, WatchOptions? options = null, CancellationToken cancellationToken = default) =>
        Open(range, options).ReadAsync(cancellationToken);

    /// <summary>Prepares a watch; it starts when it is read. For callers that ask for progress in between.</summary>
    public Watcher Open(KeyRange range, WatchOptions? options = null) => new(_calls, range, options ?? new WatchOptions());
}
