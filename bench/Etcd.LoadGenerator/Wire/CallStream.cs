namespace Etcd.LoadGenerator.Wire;

/// <summary>One call on a connection: what it sends, and what becomes of the answer. All members run on the loop's thread.</summary>
internal abstract class CallStream
{
    /// <summary>The HTTP/2 stream; 0 while the call is not open.</summary>
    public int StreamId { get; set; }

    /// <summary>Bytes the server still accepts on this stream.</summary>
    public long SendWindow { get; set; }

    /// <summary>Bytes received that no window update has given back yet.</summary>
    public long UnacknowledgedBytes { get; set; }

    /// <summary>Whether the call ends its side with its first message.</summary>
    public abstract bool IsUnary { get; }

    /// <summary>Length of the next message, without gRPC's prefix.</summary>
    public abstract int MessageBytes { get; }

    /// <summary>Writes the next message. Called once for each message, when it really goes out.</summary>
    public abstract void WriteMessage(Span<byte> destination);

    /// <summary>Takes bytes of the answer: gRPC messages with their 5-byte prefixes, cut anywhere.</summary>
    public abstract void OnData(ReadOnlySpan<byte> data);

    /// <summary>The server ended the call.</summary>
    /// <param name="isReset">It was cut off rather than finished.</param>
    public abstract void OnEnd(bool isReset);
}
