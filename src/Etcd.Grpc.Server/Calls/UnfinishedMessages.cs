namespace Etcd.Grpc.Server.Calls;

/// <summary>The request messages on Kestrel's connections that are not whole, in the order in which they grew large. When they hold too much together
/// the oldest are given up. Any thread.</summary>
/// <remarks>Kestrel gives the client room again as a call looks at a message, whole or not: its windows bound what the call has not looked at only. The
/// server's own HTTP/2 counts for itself (<see cref="Http2.RequestMemory"/>).</remarks>
internal sealed class UnfinishedMessages(long bytesMax)
{
    /// <summary>Messages of which less has come are not counted: those of most requests come in one piece.</summary>
    public const int CountedFrom = 16 * 1024;

    private readonly Lock _lock = new();
    private readonly LinkedList<UnfinishedMessage> _messages = new();
    private long _bytes;

    /// <summary>What they hold.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>More of a message has come.</summary>
    /// <param name="message">The message.</param>
    /// <param name="bytes">What there is of it now.</param>
    public void Grew(UnfinishedMessage message, long bytes)
    {
        List<UnfinishedMessage>? givenUp = null;
        lock (_lock)
        {
            if (message.IsGivenUp)
            {
                return;
            }

            if (message.Place.List is null)
            {
                _messages.AddLast(message.Place);
            }

            _bytes += bytes - message.Bytes;
            message.Bytes = bytes;
            while (_bytes > bytesMax && _messages.First is { } oldest)
            {
                Remove(oldest.Value);
                oldest.Value.IsGivenUp = true;
                (givenUp ??= []).Add(oldest.Value);
            }
        }

        foreach (UnfinishedMessage oldest in givenUp ?? [])
        {
            oldest.Call.InterruptReading();
        }
    }

    /// <summary>A message is whole, or its call over.</summary>
    public void Ended(UnfinishedMessage message)
    {
        lock (_lock)
        {
            Remove(message);
            message.IsGivenUp = false;
        }
    }

    private void Remove(UnfinishedMessage message)
    {
        if (message.Place.List is not null)
        {
            _messages.Remove(message.Place);
            _bytes -= message.Bytes;
            message.Bytes = 0;
        }
    }
}
