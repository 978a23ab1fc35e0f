namespace Etcd.Grpc.Server.Calls;

/// <summary>A request message of one call that is not whole. Reused from message to message.</summary>
internal sealed class UnfinishedMessage
{
    private bool _isGivenUp;

    /// <param name="call">The call.</param>
    public UnfinishedMessage(RpcExchange call)
    {
        Call = call;
        Place = new LinkedListNode<UnfinishedMessage>(this);
    }

    public RpcExchange Call { get; }

    /// <summary>Place among those of the server. Guarded by its lock, as are the bytes.</summary>
    public LinkedListNode<UnfinishedMessage> Place { get; }

    /// <summary>What has come of it.</summary>
    public long Bytes { get; set; }

    /// <summary>Whether its call is to end instead of waiting for the rest. Any thread.</summary>
    public bool IsGivenUp
    {
        get => Volatile.Read(ref _isGivenUp);
        set => Volatile.Write(ref _isGivenUp, value);
    }
}
