using System.Diagnostics;

using Etcd.LoadGenerator.Measure;
using Etcd.LoadGenerator.Wire;

namespace Etcd.LoadGenerator.Load;

/// <summary>Clients of the JSON gateway, each with a connection of its own, that send one request after the other.</summary>
internal sealed class JsonLoad : ILoad, IDisposable
{
    private readonly LoadOptions _options;
    private readonly List<JsonClient> _clients = [];
    private readonly KeyChooser _keys;
    private readonly PollEntry[] _entries;
    private long _unsent;

    public JsonLoad(LoadOptions options)
    {
        _options = options;
        _unsent = options.Total;
        _keys = new KeyChooser(options.Keys, options.IsSequential, options.Seed);
        for (int client = 0; client < options.Clients; client++)
        {
            _clients.Add(new JsonClient(options));
        }

        _entries = [.. _clients.Select(client => new PollEntry { FileDescriptor = client.FileDescriptor, Asked = SystemCalls.Readable })];
    }

    public LatencyHistogram Latency { get; } = new();

    public long Operations { get; private set; }

    public long Failed { get; private set; }

    public void Run(PollLoop loop)
    {
        long started = Stopwatch.GetTimestamp();
        int inFlight = 0;
        foreach (JsonClient client in _clients)
        {
            inFlight += TrySend(client, started) ? 1 : 0;
        }

        while (inFlight > 0)
        {
            SystemCalls.Poll(_entries, timeoutMilliseconds: 1000);
            foreach ((JsonClient client, PollEntry entry) in _clients.Zip(_entries))
            {
                if (entry.Answered == 0 || !client.TryReceive(out bool isOk))
                {
                    continue;
                }

                Operations += isOk ? 1 : 0;
                Failed += isOk ? 0 : 1;
                Latency.Record((long)Stopwatch.GetElapsedTime(client.SentAt).TotalNanoseconds);
                inFlight -= TrySend(client, started) ? 0 : 1;
            }

            if (Stopwatch.GetElapsedTime(started) > _options.Limit)
            {
                throw new TimeoutException($"the run did not end within {_options.Limit}");
            }
        }
    }

    public void Dispose() => _clients.ForEach(client => client.Dispose());

    private bool TrySend(JsonClient client, long started)
    {
        if (_unsent == 0 || (_options.Duration is { } duration && Stopwatch.GetElapsedTime(started) > duration))
        {
            return false;
        }

        _unsent--;
        client.Send(_keys.Next());
        return true;
    }
}
