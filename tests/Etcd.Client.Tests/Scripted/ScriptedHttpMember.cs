using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Etcd.Client.Tests.Scripted;

/// <summary>A member that speaks HTTP/1.1 by a script: each request takes the next answer, and connections stay open until one says otherwise.</summary>
internal sealed class ScriptedHttpMember : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<Answer> _answers = new();
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public ScriptedHttpMember()
    {
        _listener.Start();
        Url = $"http://{_listener.LocalEndpoint}";
        _serving = ServeAsync();
    }

    /// <summary>Where it listens.</summary>
    public string Url { get; }

    /// <summary>Methods and targets of the requests, in order.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    /// <summary>Adds an answer.</summary>
    public ScriptedHttpMember Answers(int status, string body, long index = 7)
    {
        _answers.Enqueue(new Answer(Head(status, index, body.Length) + body, Closes: false));
        return this;
    }

    /// <summary>Takes a request and closes the connection without a word.</summary>
    public ScriptedHttpMember Breaks()
    {
        _answers.Enqueue(new Answer("", Closes: true));
        return this;
    }

    /// <summary>Answers with a head, and closes the connection instead of the body.</summary>
    public ScriptedHttpMember BreaksAfterHead(long index)
    {
        _answers.Enqueue(new Answer(Head(200, index, bodyBytes: 100), Closes: true));
        return this;
    }

    /// <summary>Takes a request and never answers.</summary>
    public ScriptedHttpMember IsSilent()
    {
        _answers.Enqueue(new Answer("", Closes: false));
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
    }

    private static string Head(int status, long index, int bodyBytes) => string.Create(
        CultureInfo.InvariantCulture, $"HTTP/1.1 {status} Text\r\nX-Etcd-Index: {index}\r\nContent-Length: {bodyBytes}\r\n\r\n");

    private async Task ServeAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient connection)
    {
        using (connection)
        {
            NetworkStream stream = connection.GetStream();
            try
            {
                while (await ReadRequestAsync(stream) && _answers.TryDequeue(out Answer? answer))
                {
                    await stream.WriteAsync(Encoding.UTF8.GetBytes(answer.Text), _stop.Token);
                    if (answer.Closes)
                    {
                        return;
                    }
                }
            }
            catch (Exception failure) when (failure is IOException or OperationCanceledException)
            {
                // The client has gone, or the test is over.
                return;
            }
        }
    }

    private async Task<bool> ReadRequestAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0)
            {
                return false;
            }

            head.Append((char)one[0]);
        }

        string[] lines = head.ToString().Split("\r\n");
        string? length = lines.FirstOrDefault(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        await stream.ReadExactlyAsync(new byte[length is null ? 0 : int.Parse(length[15..], CultureInfo.InvariantCulture)], _stop.Token);
        _requests.Enqueue(lines[0].Replace(" HTTP/1.1", "", StringComparison.Ordinal));
        return true;
    }

    private sealed record Answer(string Text, bool Closes);
}
