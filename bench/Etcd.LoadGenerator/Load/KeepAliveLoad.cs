using System.Diagnostics;
using Etcd.LoadGenerator.Measure;
using Etcd.LoadGenerator.Wire;
using Etcd.Protocol.Rpc;
using Google.Protobuf;

namespace Etcd.LoadGenerator.Load;

/// <summary>Clients that each keep one lease alive, one keep-alive after the other on a stream of their own.</summary>
internal sealed class KeepAliveLoad : ILoad
{
    private const string GrantPath = "/etcdserverpb.Lease/LeaseGrant";
    private const string KeepAlivePath = "/etcdserverpb.Lease/LeaseKeepAlive";
    private const long LeaseSeconds = 3600;

    private readonly LoadOptions _options;
    private readonly List<KeepAliveStream> _streams = [];
    private int _granted;
    private long _unsent;
    private long _inFlight;

    public KeepAliveLoad(LoadOptions options, PollLoop loop)
    {
        _options = options;
        _unsent = options.Total;
        long firstLease = Random.Shared.NextInt64(1, long.MaxValue - options.Clients);
        Http2Connection granting = loop.Connect(options.Server, GrantPath, 1)[0];
        IReadOnlyList<Http2Connection> connections = loop.Connect(options.Server, KeepAlivePath, options.ConnectionsOrDefault);
        for (int client = 0; client < options.Clients; client++)
        {
            granting.Send(new Grant(this, firstLease + client));
            _streams.Add(new KeepAliveStream(this, connections[client % connections.Count], firstLease + client));
        }

        loop.Run(() => _granted == options.Clients, options.Limit);
    }

    public LatencyHistogram Latency { get; } = new();

    public long Operations => Latency.Count;

    public long Failed => 0;

    public void Run(PollLoop loop)
    {
        _streams.ForEach(stream => stream.StartNext());
        loop.Run(() => _inFlight == 0, _options.Limit);
    }

    private bool TryTakeRequest()
    {
        if (_unsent == 0)
        {
            return false;
        }

        _unsent--;
        _inFlight++;
        return true;
    }

    private sealed class Grant(KeepAliveLoad load, long lease) : CallStream
    {
        private readonly byte[] _message = new LeaseGrantRequest { ID = lease, TTL = LeaseSeconds }.ToByteArray();
        private bool _hasMessage;

        public override bool IsUnary => true;

        public override int MessageBytes => _message.Length;

        public override void WriteMessage(Span<byte> destination) => _message.CopyTo(destination);

        public override void OnData(ReadOnlySpan<byte> data) => _hasMessage = true;

        public override void OnEnd(bool isReset) => load._granted += _hasMessage ? 1 : throw new IOException("a lease was not granted");
    }

    private sealed class KeepAliveStream(KeepAliveLoad load, Http2Connection connection, long lease) : CallStream
    {
        private readonly byte[] _message = new LeaseKeepAliveRequest { ID = lease }.ToByteArray();
        private readonly MessageReader _reader = new();
        private long _sentAt;

        public override bool IsUnary => false;

        public override int MessageBytes => _message.Length;

        public override void WriteMessage(Span<byte> destination) => _message.CopyTo(destination);

        public override void OnData(ReadOnlySpan<byte> data) => _reader.Take(data, Take);

        public override void OnEnd(bool isReset) => throw new IOException("the server ended a keep-alive stream");

        public void StartNext()
        {
            if (load.TryTakeRequest())
            {
                _sentAt = Stopwatch.GetTimestamp();
                connection.Send(this);
            }
        }

        private void Take(ReadOnlySpan<byte> message)
        {
            load.Latency.Record((long)Stopwatch.GetElapsedTime(_sentAt).TotalNanoseconds);
            load._inFlight--;
            StartNext();
        }
    }
}
