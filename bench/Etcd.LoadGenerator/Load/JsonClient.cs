using System.Buffers.Text;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Etcd.LoadGenerator.Load;

/// <summary>One caller of a <see cref="JsonLoad"/>: a connection with HTTP/1.1 and prepared requests, in which only the key changes.</summary>
internal sealed class JsonClient : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _request;
    private readonly int _keyAt;
    private readonly int _keyBytes;
    private byte[] _reply = new byte[16 * 1024];
    private int _received;

    public JsonClient(LoadOptions options)
    {
        _socket = new Socket(options.Server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(options.Server);
        _keyBytes = options.KeyBytes;
        string key = new('A', Base64.GetMaxEncodedToUtf8Length(_keyBytes));
        (string path, string body) = options.Scenario == Scenario.JsonPut
            ? ("put", $"{{\"key\":\"{key}\",\"value\":\"{RequestTemplate.RandomValue(options.ValueBytes).ToBase64()}\"}}")
            : ("range", $"{{\"key\":\"{key}\"}}");
        string head = $"POST /v3/kv/{path} HTTP/1.1\r\nHost: {options.Server}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n";
        _request = Encoding.ASCII.GetBytes(head + body);
        _keyAt = head.Length + "{\"key\":\"".Length;
    }

    public int FileDescriptor => (int)_socket.Handle;

    public long SentAt { get; private set; }

    /// <summary>Sends the request about a key.</summary>
    public void Send(long number)
    {
        Base64.EncodeToUtf8(RequestTemplate.KeyOf(number, _keyBytes), _request.AsSpan(_keyAt), out _, out _);
        SentAt = Stopwatch.GetTimestamp();
        _received = 0;
        _socket.Send(_request);
    }

    /// <summary>Takes what has come.</summary>
    /// <param name="isOk">Whether the reply says that it was done.</param>
    /// <returns>Whether the reply is whole.</returns>
    public bool TryReceive(out bool isOk)
    {
        if (_received == _reply.Length)
        {
            Array.Resize(ref _reply, _reply.Length * 2);
        }

        int taken = _socket.Receive(_reply.AsSpan(_received));
        if (taken == 0)
        {
            throw new IOException("the server closed a connection");
        }

        _received += taken;
        ReadOnlySpan<byte> reply = _reply.AsSpan(0, _received);
        isOk = reply.StartsWith("HTTP/1.1 200"u8);
        int headBytes = reply.IndexOf("\r\n\r\n"u8) + 4;
        int lengthAt = reply.IndexOf("Content-Length: "u8);
        return headBytes > 3
            && lengthAt >= 0
            && Utf8Parser.TryParse(reply[(lengthAt + 16)..], out int bodyBytes, out _)
            && _received >= headBytes + bodyBytes;
    }

    public void Dispose() => _socket.Dispose();
}
