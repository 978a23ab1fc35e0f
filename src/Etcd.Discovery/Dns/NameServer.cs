using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Etcd.Discovery.Dns;

/// <summary>One exchange with a name server: over UDP, and over TCP where the answer is too long for a datagram.</summary>
internal static class NameServer
{
    /// <summary>Asks, and waits for the answer to this very question.</summary>
    /// <exception cref="IOException">The server cannot be talked to.</exception>
    /// <exception cref="SocketException">The server cannot be reached.</exception>
    internal static async Task<byte[]> AskAsync(IPEndPoint server, byte[] question, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        await socket.SendAsync(question, cancellationToken).ConfigureAwait(false);
        byte[] buffer = new byte[ushort.MaxValue];
        int length;
        do
        {
            length = await socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        while (!SrvMessage.Answers(buffer.AsSpan(0, length), question));

        return SrvMessage.IsTruncated(buffer)
            ? await AskOverTcpAsync(server, question, cancellationToken).ConfigureAwait(false)
            : buffer[..length];
    }

    private static async Task<byte[]> AskOverTcpAsync(IPEndPoint server, byte[] question, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        await using var stream = new NetworkStream(socket);
        byte[] framed = new byte[question.Length + sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)question.Length);
        question.CopyTo(framed, sizeof(ushort));
        await stream.WriteAsync(framed, cancellationToken).ConfigureAwait(false);

        byte[] prefix = new byte[sizeof(ushort)];
        await stream.ReadExactlyAsync(prefix, cancellationToken).ConfigureAwait(false);
        byte[] answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        await stream.ReadExactlyAsync(answer, cancellationToken).ConfigureAwait(false);
        return SrvMessage.Answers(answer, question) ? answer : throw new IOException("the answer is to another question");
    }
}
