using System.Buffers;
using System.IO.Pipelines;

using Etcd.Api.Gateway.Json;
using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Local;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Gateway;

/// <summary>The requests of one call: JSON values, one after the other, as protobuf messages.</summary>
internal sealed class GatewayRequests : RpcRequestReader, IDisposable
{
    // Base64 takes four bytes for three; the rest is names, and white space within reason.
    private const int JsonBytesPerByte = 2;
    private const int JsonBytesBesides = 64 * 1024;

    private readonly PipeReader _input;
    private readonly LocalCalls _calls;
    private readonly MessageShape _shape;
    private readonly JsonValues _values;
    private readonly PooledBytes _message = new();
    private readonly RpcServerCall _call;
    private readonly bool _onlyOne;
    private bool _isRead;
    private bool _isEnd;

    /// <summary>Creates the requests of a call.</summary>
    /// <param name="input">What the client sends.</param>
    /// <param name="calls">Limits, and who counts.</param>
    /// <param name="call">The call.</param>
    /// <param name="shape">What a request holds.</param>
    internal GatewayRequests(PipeReader input, LocalCalls calls, RpcServerCall call, MessageShape shape)
    {
        _input = input;
        _calls = calls;
        _call = call;
        _shape = shape;
        _onlyOne = call.Descriptor.Kind is RpcMethodKind.Unary or RpcMethodKind.ServerStream;
        _values = new JsonValues(((long)calls.ReceiveBytesMax * JsonBytesPerByte) + JsonBytesBesides);
    }

    /// <inheritdoc/>
    public override ReadOnlySequence<byte> Current => new(_message.WrittenMemory);

    /// <summary>The current message.</summary>
    internal ReadOnlyMemory<byte> CurrentMessage => _message.WrittenMemory;

    /// <summary>Reads the one request of a call that has no more. An empty body is an empty message.</summary>
    /// <exception cref="RpcException">It is no such message.</exception>
    internal async ValueTask ReadOnlyOneAsync(CancellationToken cancellationToken) =>
        await ReadAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        if (_onlyOne)
        {
            // It was read before the call began.
            bool isFirst = !_isRead;
            _isRead = true;
            if (isFirst)
            {
                _calls.CountReceived(_call, _message.WrittenCount);
            }

            return isFirst;
        }

        bool isThere = await ReadAsync(cancellationToken).ConfigureAwait(false);
        if (isThere)
        {
            _calls.CountReceived(_call, _message.WrittenCount);
        }

        return isThere;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _values.Dispose();
        _message.Dispose();
    }

    private async ValueTask<bool> ReadAsync(CancellationToken cancellationToken)
    {
        _message.Clear();
        while (!TryTranslate())
        {
            if (_isEnd)
            {
                return false;
            }

            ReadResult arrived = await ReceiveAsync(cancellationToken).ConfigureAwait(false);
            _values.Append(arrived.Buffer);
            _isEnd = arrived.IsCompleted;
            _input.AdvanceTo(arrived.Buffer.End);
        }

        return true;
    }

    private async ValueTask<ReadResult> ReceiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            ReadResult arrived = await _input.ReadAsync(cancellationToken).ConfigureAwait(false);
            return arrived.IsCanceled ? throw new OperationCanceledException(cancellationToken) : arrived;
        }
        catch (IOException end) when (end is not BadHttpRequestException || !_onlyOne)
        {
            // The connection broke. (A bad body of a single request has a status of its own in HTTP.)
            throw new OperationCanceledException("the client has gone", end, cancellationToken);
        }
    }

    private bool TryTranslate()
    {
        if (!_values.TryTake(_isEnd, out ReadOnlySpan<byte> json))
        {
            return _values.IsTooLarge ? throw _calls.TooLarge(_values.Length) : false;
        }

        try
        {
            JsonToMessage.Translate(json, _shape, _message);
        }
        catch (JsonFaultException fault)
        {
            throw new RpcException(RpcStatusCode.InvalidArgument, fault.Message, inner: fault);
        }

        return _message.WrittenCount <= _calls.ReceiveBytesMax ? true : throw _calls.TooLarge(_message.WrittenCount);
    }
}
