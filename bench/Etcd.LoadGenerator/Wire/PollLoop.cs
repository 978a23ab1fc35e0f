using System.Diagnostics;
using System.Net;

namespace Etcd.LoadGenerator.Wire;

/// <summary>Drives all connections from the calling thread: waits for sockets, takes what arrived, sends what the calls wrote meanwhile.
/// One thread without hand-overs leaves the most of a small machine to the server.</summary>
internal sealed class PollLoop : IDisposable
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(30);

    // A server that answers nothing at all for this long has failed.
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(60);

    private readonly List<Http2Connection> _connections = [];
    private PollEntry[] _entries = [];

    /// <summary>Opens connections that call <paramref name="path"/> and waits until the server has greeted each.</summary>
    public IReadOnlyList<Http2Connection> Connect(IPEndPoint server, string path, int count)
    {
        var added = Enumerable.Range(0, count).Select(_ => new Http2Connection(server, path)).ToList();
        _connections.AddRange(added);
        _entries = [.. _connections.Select(connection => new PollEntry { FileDescriptor = connection.FileDescriptor })];
        Run(() => added.TrueForAll(connection => connection.IsReady), ConnectLimit);
        return added;
    }

    /// <summary>Runs until <paramref name="isDone"/> says so; it is asked after each round of answers.</summary>
    /// <exception cref="TimeoutException">It did not within <paramref name="limit"/>, or the server fell silent.</exception>
    public void Run(Func<bool> isDone, TimeSpan limit)
    {
        long started = Stopwatch.GetTimestamp();
        long lastAnswer = started;
        FlushAll();
        while (!isDone())
        {
            if (SystemCalls.Poll(_entries, timeoutMilliseconds: 1000) > 0)
            {
                lastAnswer = Stopwatch.GetTimestamp();
                TakeAnswers();
                FlushAll();
            }
            else if (Stopwatch.GetElapsedTime(lastAnswer) > SilenceLimit)
            {
                throw new TimeoutException($"the server was silent for {SilenceLimit}");
            }

            if (Stopwatch.GetElapsedTime(started) > limit)
            {
                throw new TimeoutException($"the run did not end within {limit}");
            }
        }
    }

    public void Dispose()
    {
        foreach (Http2Connection connection in _connections)
        {
            connection.Dispose();
        }
    }

    private void TakeAnswers()
    {
        for (int index = 0; index < _entries.Length; index++)
        {
            if ((_entries[index].Answered & ~SystemCalls.Writable) != 0)
            {
                _connections[index].Receive();
            }
        }
    }

    private void FlushAll()
    {
        for (int index = 0; index < _entries.Length; index++)
        {
            Http2Connection connection = _connections[index];
            if (connection.HasOutput)
            {
                connection.Flush();
            }

            _entries[index].Asked = connection.HasOutput ? (short)(SystemCalls.Readable | SystemCalls.Writable) : SystemCalls.Readable;
        }
    }
}
