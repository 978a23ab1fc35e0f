using System.Net;
using System.Net.Sockets;

namespace Etcd.Interop.Discovery;

/// <summary>A port that takes connections and never says anything useful.</summary>
public sealed class HostileService : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Manner _manner;
    private readonly CancellationTokenSource _closing = new();

    /// <summary>Opens the port.</summary>
    public HostileService(Manner manner)
    {
        _manner = manner;
        _listener.Start();
        _ = ServeAsync();
    }

    /// <summary>What it does with a connection.</summary>
    public enum Manner
    {
        /// <summary>Keeps it and says nothing.</summary>
        Stalls,

        /// <summary>Closes it.</summary>
        HangsUp,

        /// <summary>Speaks another protocol.</summary>
        SpeaksNonsense,

        /// <summary>Answers with an error of HTTP.</summary>
        Fails,

        /// <summary>Answers with a page for people.</summary>
        ShowsAPage,

        /// <summary>Answers without an end.</summary>
        NeverEnds,
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose()
    {
        _closing.Cancel();
        _listener.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                _ = AnswerAsync(await _listener.AcceptTcpClientAsync(_closing.Token));
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The listener was closed: the test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await AnswerAsync(client.GetStream());
            }
            catch (Exception failure) when (failure is IOException or OperationCanceledException)
            {
                // The member hung up, or the test is over.
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        byte[] request = new byte[8192];
        switch (_manner)
        {
            case Manner.HangsUp:
                break;

            case Manner.SpeaksNonsense:
                await stream.WriteAsync("220 mail.example.com ESMTP\r\n"u8.ToArray(), _closing.Token);
                break;

            case Manner.Fails or Manner.ShowsAPage:
                string status = _manner == Manner.Fails ? "500 Internal Server Error" : "200 OK";
                _ = await stream.ReadAsync(request, _closing.Token);
                await stream.WriteAsync(
                    System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 14\r\nConnection: close\r\n\r\n<p>Welcome</p>"), _closing.Token);
                break;

            case Manner.NeverEnds:
                _ = await stream.ReadAsync(request, _closing.Token);
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"node\":{\"value\":\""u8.ToArray(), _closing.Token);
                Array.Fill(request, (byte)'3');
                while (true)
                {
                    await stream.WriteAsync(request, _closing.Token);
                }

            default:
                await Task.Delay(Timeout.Infinite, _closing.Token);
                break;
        }
    }
}
