using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

using Etcd.Testing.Processes;

namespace Etcd.Hosting.Tests.Discovery;

/// <summary>A name server on loopback, over UDP and TCP on one port, that answers what a test tells it to.</summary>
internal sealed class ScriptedNameServer : IAsyncDisposable
{
    private readonly Socket _datagrams = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly TcpListener _connections;
    private readonly Func<byte[], IEnumerable<byte[]>> _overUdp;
    private readonly Func<byte[], byte[]> _overTcp;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _running;

    /// <param name="overUdp">Datagrams that answer a question.</param>
    /// <param name="overTcp">Bytes that answer a question over TCP, with their length before them.</param>
    public ScriptedNameServer(Func<byte[], IEnumerable<byte[]>> overUdp, Func<byte[], byte[]>? overTcp = null)
    {
        _overUdp = overUdp;
        _overTcp = overTcp ?? (_ => []);

        // One number for both: the ports that tests share are handed out once each, whatever is free for one protocol alone.
        EndPoint = new IPEndPoint(IPAddress.Loopback, LoopbackPorts.Take());
        _datagrams.Bind(EndPoint);
        _connections = new TcpListener(EndPoint);
        _connections.Start();
        _running = Task.WhenAll(ServeDatagramsAsync(), ServeConnectionsAsync());
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Questions that came so far.</summary>
    public int Questions { get; private set; }

    /// <summary>The question's head and name, answered by records of the given ports.</summary>
    public static byte[] AnswerTo(byte[] question, params int[] ports)
    {
        byte[] answer =
        [
            .. question,
            .. ports.SelectMany(port => (byte[])
                [0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 10, 0, 1, 0, 1, (byte)(port >> 8), (byte)port, 2, .. "m1"u8, 0]),
        ];
        answer[2] |= 0x80;
        answer[7] = (byte)ports.Length;
        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running;
        _datagrams.Dispose();
        _connections.Dispose();
        _ending.Dispose();
    }

    private async Task ServeDatagramsAsync()
    {
        byte[] buffer = new byte[1024];
        try
        {
            while (true)
            {
                SocketReceiveFromResult received = await _datagrams.ReceiveFromAsync(buffer, EndPoint, _ending.Token);
                Questions++;
                foreach (byte[] answer in _overUdp(buffer[..received.ReceivedBytes]))
                {
                    await _datagrams.SendToAsync(answer, received.RemoteEndPoint, _ending.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task ServeConnectionsAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient connection = await _connections.AcceptTcpClientAsync(_ending.Token);
                NetworkStream stream = connection.GetStream();
                byte[] prefix = new byte[2];
                await stream.ReadExactlyAsync(prefix, _ending.Token);
                byte[] question = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
                await stream.ReadExactlyAsync(question, _ending.Token);
                await stream.WriteAsync(_overTcp(question), _ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
