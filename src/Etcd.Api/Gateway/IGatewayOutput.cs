namespace Etcd.Api.Gateway;

/// <summary>Where the replies of a call go: an HTTP reply, or the messages of a WebSocket.</summary>
internal interface IGatewayOutput
{
    /// <summary>Whether a part of a stream is on its way, so that its status cannot change any more.</summary>
    bool HasStarted { get; }

    /// <summary>Gives the whole reply.</summary>
    /// <param name="status">HTTP status.</param>
    /// <param name="body">JSON, without a line end.</param>
    ValueTask ReplyAsync(int status, ReadOnlyMemory<byte> body);

    /// <summary>Sends a part of a stream.</summary>
    /// <param name="lines">Whole lines of JSON, each with its line end.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    /// <exception cref="OperationCanceledException">The client has gone, or takes nothing for too long and was cut off.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> lines, CancellationToken cancellationToken);

    /// <summary>Ends a stream with an error.</summary>
    /// <param name="status">HTTP status, for where nothing has been sent yet.</param>
    /// <param name="line">The error as a line of JSON.</param>
    ValueTask FailAsync(int status, ReadOnlyMemory<byte> line);
}
