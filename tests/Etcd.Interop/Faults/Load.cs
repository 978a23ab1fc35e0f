using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Faults;

/// <summary>Several writers at work on one server.</summary>
internal sealed class Load
{
    private const int Writers = 6;
    private static readonly TimeSpan ProgressLimit = TimeSpan.FromSeconds(30);

    private readonly EtcdServer _server;
    private readonly List<Writer> _writers;
    private readonly Task _running;

    private Load(EtcdServer server, string prefix)
    {
        _server = server;
        _writers = [.. Enumerable.Range(0, Writers).Select(writer => new Writer($"{prefix}/{writer}/"))];
        _running = Task.WhenAll(_writers.Select(writer => writer.RunAsync(server)));
    }

    public long Acknowledged => _writers.Sum(writer => writer.Acknowledged);

    public static Load Start(EtcdServer server, string prefix) => new(server, prefix);

    /// <summary>Waits until the writers have had that many acknowledgements together.</summary>
    public async Task WaitForAcknowledgementsAsync(long count)
    {
        using var limit = new CancellationTokenSource(ProgressLimit);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (Acknowledged < count && !_running.IsCompleted)
        {
            await pace.WaitForNextTickAsync(limit.Token);
        }

        Assert.False(_running.IsCompleted, $"the server stopped answering after {Acknowledged} acknowledgements; its log:\n{_server.Log.Tail()}");
    }

    /// <summary>Waits until all writers have noticed the end of the server.</summary>
    public Task EndAsync() => _running.WaitAsync(ProgressLimit);

    /// <summary>Checks what the server holds now that it runs again.</summary>
    public async Task CheckAsync(EtcdServer server)
    {
        await using var connection = new EtcdConnection(server);
        foreach (Writer writer in _writers)
        {
            await writer.CheckAsync(connection);
        }

        RangeResponse now = await connection.CallAsync(EtcdMethods.Range, new RangeRequest { Key = Google.Protobuf.ByteString.CopyFromUtf8("x") });
        long highest = _writers.Max(writer => writer.HighestRevision);
        Assert.True(now.Header.Revision >= highest, $"revision {highest} was acknowledged, the server is at {now.Header.Revision}");
    }
}
