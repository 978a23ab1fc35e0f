namespace Etcd.Api.Limits;

/// <summary>One reply's share of <see cref="ReplyMemory"/>; disposing it gives the share back. One owner.</summary>
public sealed class ReplyShare : IDisposable
{
    private readonly ReplyMemory _memory;
    private long _bytes;

    internal ReplyShare(ReplyMemory memory, long bytes)
    {
        _memory = memory;
        _bytes = bytes;
    }

    /// <summary>Corrects the share to what the reply has really become. It may grow beyond the room there is: the reply is there.</summary>
    public void Correct(long bytes)
    {
        long change = bytes - _bytes;
        _bytes = bytes;
        _memory.Change(change);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        long bytes = _bytes;
        _bytes = 0;
        _memory.Change(-bytes);
    }
}
