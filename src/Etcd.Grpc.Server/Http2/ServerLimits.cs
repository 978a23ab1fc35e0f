namespace Etcd.Grpc.Server.Http2;

/// <summary>Bounds of one connection that are the server's own and not the operator's to set.</summary>
internal static class ServerLimits
{
    /// <summary>How much a stream may receive ahead of its handler.</summary>
    public const int StreamWindowBytes = 768 * 1024;

    /// <summary>How much all streams together may send before they are told of more room; see <see cref="RequestBytesAheadMax"/>.</summary>
    public const int ConnectionWindowBytes = 1024 * 1024;

    /// <summary>Request bytes held below which those that no call has looked at leave the connection's window to others.</summary>
    public const long RequestBytesAheadMax = 32L * 1024 * 1024;

    /// <summary>Names and values of one request's headers together, each with the 32 bytes of overhead of RFC 9113, section 6.5.2.</summary>
    public const int HeaderListBytesMax = 32 * 1024;

    /// <summary>A header block as it comes, before it is decoded.</summary>
    public const int HeaderBlockBytesMax = 64 * 1024;

    /// <summary>Reply bytes gathered for the socket; streams keep what is beyond.</summary>
    public const int OutputBytesMax = 256 * 1024;

    /// <summary>Answers to settings and pings, and resets, that wait for a client that does not read.</summary>
    public const int AnswerBytesMax = 64 * 1024;

    /// <summary>Replies that wait for the client; while there are more, its further calls wait to be started.</summary>
    public const long ReplyBytesHeldMax = 32L * 1024 * 1024;

    /// <summary>What a stream whose call has ended counts for among them while its reply waits: about what its buffers take, however short the
    /// reply.</summary>
    public const int WaitingStreamBytes = 4 * 1024;

    /// <summary>A stream's reply bytes that wait before its handler is held up, and how few let it go on.</summary>
    public const int StreamReplyBytesHigh = 64 * 1024;

    /// <summary>See <see cref="StreamReplyBytesHigh"/>.</summary>
    public const int StreamReplyBytesLow = 16 * 1024;

    /// <summary>Handlers at work for streams that the client has reset; while there are more, no further stream is taken. Without a quorum the puts that
    /// their clients have given up gather for some seconds.</summary>
    public const int OrphansMax = 10_000;

    /// <summary>Answered streams whose request has no end; the oldest is reset when there are more.</summary>
    public const int UnendedMax = 100;

    /// <summary>What a client may send of a request that is answered already, and nobody reads; then its stream is reset.</summary>
    public const int UnendedBytesMax = 4 * 1024 * 1024;

    /// <summary>Bytes read and dropped after the connection was given up, so that the goodbye is not lost to a reset.</summary>
    public const long DiscardedBytesMax = 4L * 1024 * 1024;

    /// <summary>How long the end of a request may take that is answered already; then its stream is reset.</summary>
    public static readonly TimeSpan UnendedTimeout = TimeSpan.FromSeconds(10);

    /// <summary>How long a header block may take.</summary>
    public static readonly TimeSpan HeaderBlockTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection that was given up may take to drain.</summary>
    public static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(2);
}
