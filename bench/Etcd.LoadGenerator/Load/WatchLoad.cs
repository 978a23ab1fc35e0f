using System.Buffers.Binary;
using System.Diagnostics;
using Etcd.LoadGenerator.Measure;
using Etcd.LoadGenerator.Wire;
using Etcd.Protocol.Rpc;
using Google.Protobuf;

namespace Etcd.LoadGenerator.Load;

/// <summary>Watchers, and clients that put to the watched keys. Every watcher must see every event of its key; an operation
/// is one event delivered, its latency is the time from the put to the arrival.</summary>
internal sealed class WatchLoad : ILoad
{
    private const string WatchPath = "/etcdserverpb.Watch/Watch";
    private const string PutPath = "/etcdserverpb.KV/Put";

    private readonly LoadOptions _options;
    private readonly List<Putter> _putters = [];
    private long _created;
    private long _unsent;
    private long _delivered;
    private long _answered;

    public WatchLoad(LoadOptions options, PollLoop loop)
    {
        _options = options;
        _unsent = options.Total;
        int streams = Math.Max(1, options.Watchers / options.WatchersPerStream);
        IReadOnlyList<Http2Connection> watching = loop.Connect(options.Server, WatchPath, Math.Clamp(options.Connections, 1, streams));
        OpenWatchers(watching, streams);
        loop.Run(() => _created == options.Watchers, options.Limit);

        IReadOnlyList<Http2Connection> putting = loop.Connect(options.Server, PutPath, 1);
        for (int client = 0; client < options.Clients; client++)
        {
            _putters.Add(new Putter(this, putting[0]));
        }
    }

    public LatencyHistogram Latency { get; } = new();

    public long Operations => _delivered;

    public long Failed { get; private set; }

    // A key is watched by watchers / keys watchers; puts go round the keys.
    private long Expected => _options.Total * _options.Watchers / _options.WatchedKeys;

    public void Run(PollLoop loop)
    {
        _putters.ForEach(putter => putter.StartNext());
        loop.Run(() => Failed > 0 || (_answered == _options.Total && _delivered >= Expected), _options.Limit);
        if (_delivered != Expected)
        {
            throw new InvalidDataException($"watchers saw {_delivered} events of {Expected}, {Failed} puts failed");
        }
    }

    internal void CountCreated() => _created++;

    internal void CountDelivered(int events, TimeSpan latency)
    {
        _delivered += events;
        Latency.Record((long)latency.TotalNanoseconds);
    }

    private void OpenWatchers(IReadOnlyList<Http2Connection> connections, int streams)
    {
        for (int stream = 0; stream < streams; stream++)
        {
            int first = stream * _options.Watchers / streams;
            int last = (stream + 1) * _options.Watchers / streams;
            var keys = Enumerable.Range(first, last - first)
                .Select(watcher => RequestTemplate.KeyOf(watcher % _options.WatchedKeys, _options.KeyBytes)).ToList();
            new WatchStreamClient(this, connections[stream % connections.Count], keys).Open();
        }
    }

    private bool TryTakePut(out long key)
    {
        key = _unsent % _options.WatchedKeys;
        return _unsent > 0 && _unsent-- > 0;
    }

    /// <summary>Puts one after the other, each value beginning with the time it was sent.</summary>
    private sealed class Putter : CallStream
    {
        private readonly WatchLoad _load;
        private readonly Http2Connection _connection;
        private readonly byte[] _value;
        private PutRequest _next = new();
        private bool _hasMessage;

        public Putter(WatchLoad load, Http2Connection connection)
        {
            _load = load;
            _connection = connection;
            _value = RequestTemplate.RandomValue(Math.Max(load._options.ValueBytes, sizeof(long))).ToByteArray();
        }

        public override bool IsUnary => true;

        public override int MessageBytes => _next.CalculateSize();

        public override void WriteMessage(Span<byte> destination)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_value, Stopwatch.GetTimestamp());
            _next.WriteTo(destination);
        }

        public override void OnData(ReadOnlySpan<byte> data) => _hasMessage = true;

        public override void OnEnd(bool isReset)
        {
            _load.Failed += _hasMessage && !isReset ? 0 : 1;
            _load._answered++;
            StartNext();
        }

        public void StartNext()
        {
            if (_load.TryTakePut(out long key))
            {
                _hasMessage = false;
                _next = new PutRequest
                {
                    Key = UnsafeByteOperations.UnsafeWrap(RequestTemplate.KeyOf(key, _load._options.KeyBytes)),
                    Value = UnsafeByteOperations.UnsafeWrap(_value),
                };
                _connection.Send(this);
            }
        }
    }
}
