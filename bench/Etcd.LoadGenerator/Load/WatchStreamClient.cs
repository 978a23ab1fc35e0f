using System.Diagnostics;
using Etcd.LoadGenerator.Wire;
using Etcd.Protocol.Rpc;
using Google.Protobuf;

namespace Etcd.LoadGenerator.Load;

/// <summary>One gRPC watch stream with several watchers on it.</summary>
internal sealed class WatchStreamClient(WatchLoad load, Http2Connection connection, IReadOnlyList<byte[]> keys) : CallStream
{
    private readonly MessageReader _reader = new();
    private readonly List<byte[]> _requests =
        [.. keys.Select(key => new WatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFrom(key) } }.ToByteArray())];

    private int _nextRequest;

    public override bool IsUnary => false;

    public override int MessageBytes => _requests[_nextRequest].Length;

    public override void WriteMessage(Span<byte> destination) => _requests[_nextRequest++].CopyTo(destination);

    public override void OnData(ReadOnlySpan<byte> data) => _reader.Take(data, Take);

    public override void OnEnd(bool isReset) => throw new IOException("the server ended a watch stream");

    /// <summary>Asks for the first watcher; the others are asked for one by one as answers come.</summary>
    public void Open() => connection.Send(this);

    private void Take(ReadOnlySpan<byte> message)
    {
        var reply = WatchReply.Read(message);
        if (reply.IsCanceled)
        {
            throw new IOException("the server canceled a watcher");
        }

        if (reply.IsCreated)
        {
            load.CountCreated();
            if (_nextRequest < _requests.Count)
            {
                connection.Send(this);
            }
        }

        if (reply.Events > 0)
        {
            load.CountDelivered(reply.Events, Stopwatch.GetElapsedTime(reply.SentAt));
        }
    }
}
