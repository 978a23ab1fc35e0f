using System.Net;
using System.Net.Sockets;

namespace Etcd.Interop.Discovery;

/// <summary>A port that takes connections and never says anything useful.</summary>
public sealed class SilentService : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Manner _manner;
    private readonly List<TcpClient> _held = [];

    /// <summary>Opens the port.</summary>
    public SilentService(Manner manner)
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

        /// <summary>Answers in a language of its own, and closes.</summary>
        SpeaksNonsense,
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose()
    {
        _listener.Dispose();
        lock (_held)
        {
            _held.ForEach(client => client.Dispose());
        }
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                await AnswerAsync(await _listener.AcceptTcpClientAsync());
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The listener was closed: the test is over.
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        if (_manner == Manner.Stalls)
        {
            lock (_held)
            {
                _held.Add(client);
            }

            return;
        }

        using (client)
        {
            if (_manner == Manner.SpeaksNonsense)
            {
                try
                {
                    await client.GetStream().WriteAsync("220 mail.example.com ESMTP\r\n"u8.ToArray());
                }
                catch (IOException)
                {
                    // It hung up first.
                }
            }
        }
    }
}
