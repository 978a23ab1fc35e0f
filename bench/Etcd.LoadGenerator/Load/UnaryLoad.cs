using System.Diagnostics;
using Etcd.LoadGenerator.Measure;
using Etcd.LoadGenerator.Wire;

namespace Etcd.LoadGenerator.Load;

/// <summary>Clients that each send one request after the other.</summary>
internal sealed class UnaryLoad : ILoad
{
    private readonly LoadOptions _options;
    private readonly List<UnaryClient> _clients = [];
    private long _unsent;
    private long _answered;
    private long _inFlight;
    private long _deadline = long.MaxValue;

    public UnaryLoad(LoadOptions options, PollLoop loop)
    {
        _options = options;
        _unsent = options.Total;
        Template = RequestTemplate.For(options);
        Keys = new KeyChooser(options.Keys, options.IsSequential, options.Seed);
        IReadOnlyList<Http2Connection> connections = loop.Connect(options.Server, Template.Path, options.ConnectionsOrDefault);
        for (int client = 0; client < options.Clients; client++)
        {
            _clients.Add(new UnaryClient(this, connections[client % connections.Count]));
        }
    }

    public LatencyHistogram Latency { get; } = new();

    public long Operations => _answered;

    public long Failed { get; private set; }

    internal RequestTemplate Template { get; }

    internal KeyChooser Keys { get; }

    public void Run(PollLoop loop)
    {
        if (_options.Duration is { } duration)
        {
            _deadline = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        }

        _clients.ForEach(client => client.StartNext());
        loop.Run(() => _inFlight == 0, _options.Limit);
    }

    internal bool TryTakeRequest()
    {
        if (_unsent == 0 || (_deadline != long.MaxValue && Stopwatch.GetTimestamp() > _deadline))
        {
            return false;
        }

        _unsent--;
        _inFlight++;
        return true;
    }

    internal void Finish(long sentAt, bool isAnswered)
    {
        _inFlight--;
        if (!isAnswered)
        {
            Failed++;
            return;
        }

        _answered++;
        Latency.Record((long)Stopwatch.GetElapsedTime(sentAt).TotalNanoseconds);
    }
}
