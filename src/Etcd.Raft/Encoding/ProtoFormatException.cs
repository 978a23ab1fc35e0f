namespace Etcd.Raft.Encoding;

/// <summary>Bytes that are not the protobuf message they should be.</summary>
public sealed class ProtoFormatException : FormatException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Name of the message, as in the protocol definition.</param>
    /// <param name="position">Offset in the message's bytes.</param>
    /// <param name="reason">What is wrong there.</param>
    public ProtoFormatException(string message, int position, string reason)
        : base($"{message}: {reason} at byte {position}")
    {
        MessageName = message;
        Position = position;
    }

    /// <summary>Name of the message, as in the protocol definition.</summary>
    public string MessageName { get; }

    /// <summary>Offset in the message's bytes.</summary>
    public int Position { get; }
}
