using System.Buffers;

using Etcd.Api.Gateway.Json;
using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Local;

namespace Etcd.Api.Gateway;

/// <summary>The replies of a stream: one line of JSON each, <c>{"result":…}</c>.</summary>
/// <param name="output">Takes the lines.</param>
/// <param name="calls">Counts the messages.</param>
/// <param name="call">The call.</param>
/// <param name="shape">What a reply holds.</param>
internal sealed class GatewayReplies(IGatewayOutput output, LocalCalls calls, RpcServerCall call, MessageShape shape)
    : RpcReplyWriter, IDisposable
{
    private readonly PooledBytes _message = new();
    private readonly PooledBytes _lines = new();

    /// <inheritdoc/>
    public override long UnsentBytes => _lines.WrittenCount;

    /// <inheritdoc/>
    public override IBufferWriter<byte> Begin()
    {
        _message.Clear();
        return _message;
    }

    /// <inheritdoc/>
    public override void End()
    {
        _lines.Add("{\"result\":"u8);
        MessageToJson.Translate(_message.Written, shape, _lines);
        _lines.Add("}\n"u8);
        calls.CountSent(call, _message.WrittenCount);
    }

    /// <inheritdoc/>
    public override void Discard() => _message.Clear();

    /// <inheritdoc/>
    public override ValueTask SendAsync(CancellationToken cancellationToken)
    {
        End();
        return FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_lines.WrittenCount > 0)
        {
            await output.WriteAsync(_lines.WrittenMemory, cancellationToken).ConfigureAwait(false);
            _lines.Clear();
        }
    }

    /// <summary>Does nothing: the head of an HTTP reply has the status in it, which is known only with the first reply or error.</summary>
    public override ValueTask SendHeadersAsync(CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public void Dispose()
    {
        _message.Dispose();
        _lines.Dispose();
    }
}
