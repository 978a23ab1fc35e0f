using Etcd.Client;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;

namespace Etcdctl.Mirroring;

/// <summary>Writes to the destination: several operations in one transaction, repeated until it is made.</summary>
/// <remarks>Setting a key to the same value twice, or deleting it twice, does no harm, so what may have been made is sent again.</remarks>
internal sealed class MirrorWriter(KvClient destination, long operationsMax, MirrorFigures figures)
{
    private const int TransactionBytesMax = 512 * 1024;

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly List<RequestOp> _operations = [];
    private int _bytes;

    /// <summary>Adds an operation; sends those before it when there is no room for more.</summary>
    public async ValueTask AddAsync(RequestOp operation, int bytes, CancellationToken cancellationToken)
    {
        if (_operations.Count >= operationsMax || (_operations.Count > 0 && _bytes + bytes > TransactionBytesMax))
        {
            await FlushAsync(cancellationToken);
        }

        _operations.Add(operation);
        _bytes += bytes;
    }

    /// <summary>Sends what was added.</summary>
    /// <exception cref="RpcException">The destination refused, for a reason that another attempt would not change.</exception>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_operations.Count == 0)
        {
            return;
        }

        TxnRequest request = new() { Success = { _operations } };
        for (TimeSpan pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await destination.TransactionAsync(request, cancellationToken);
                break;
            }
            catch (RpcException error) when (IsPassing(error))
            {
                await Task.Delay(pause, cancellationToken);
            }
        }

        figures.Count(_operations.Count);
        _operations.Clear();
        _bytes = 0;
    }

    private static bool IsPassing(RpcException error) =>
        error.Code == RpcStatusCode.Unavailable || error is { Code: RpcStatusCode.ResourceExhausted, Message: "etcdserver: too many requests" };
}
