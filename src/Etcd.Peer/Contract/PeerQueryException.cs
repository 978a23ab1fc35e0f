namespace Etcd.Peer;

/// <summary>A question to another member has no usable answer.</summary>
public sealed class PeerQueryException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="statusCode">HTTP status of the answer; 0 when there was none.</param>
    /// <param name="message">Text of the answer, trimmed, or why there was none.</param>
    /// <param name="cause">What went wrong below, if anything.</param>
    public PeerQueryException(int statusCode, string message, Exception? cause = null)
        : base(message, cause) => StatusCode = statusCode;

    /// <summary>HTTP status of the answer; 0 when there was none.</summary>
    public int StatusCode { get; }
}
