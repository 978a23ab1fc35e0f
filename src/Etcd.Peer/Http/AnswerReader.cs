using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Etcd.Peer.Http;

/// <summary>Reads one HTTP/1.1 answer from a connection: its head, then its body, however that is framed. It takes nothing of the other side's word
/// without a bound, and any deviation from the format ends the reading.</summary>
/// <remarks>Source: RFC 9112, sections 2 to 7. A read of the body takes one read of the connection if anything is there at all: a message that was sent
/// in one piece is had with one system call.</remarks>
internal sealed class AnswerReader(Stream connection)
{
    /// <summary>Largest head, and largest trailer.</summary>
    internal const int HeadBytesMax = 16 * 1024;

    /// <summary>Longest line in front of a chunk.</summary>
    private const int ChunkLineBytesMax = 256;

    /// <summary>Digits of a chunk's size; more would not be believed.</summary>
    private const int ChunkDigitsMax = 8;

    private readonly byte[] _buffer = new byte[HeadBytesMax];
    private int _start;
    private int _end;
    private bool _isChunked;
    private bool _isAtFirstChunk = true;
    private long _rest; // of the chunk, or of the body if it has no chunks
    private bool _isOver;

    /// <summary>Reads the head.</summary>
    /// <exception cref="IOException">There is none, or none that can be followed.</exception>
    public AnswerHead ReadHead()
    {
        var lines = new List<string>();
        for (int bytes = 0; ReadLine(HeadBytesMax - bytes) is { Length: > 0 } line; bytes += line.Length + 2)
        {
            lines.Add(line);
        }

        if (lines.Count == 0)
        {
            throw new IOException("the answer of a peer has no head");
        }

        AnswerHead head = AnswerHead.Parse(lines);
        string? coding = head["Transfer-Encoding"];
        string? length = head["Content-Length"];
        _isChunked = coding is not null;
        _rest = _isChunked ? 0 : length is null ? long.MaxValue : ParseLength(length);
        if (_isChunked && (length is not null || !coding!.Equals("chunked", StringComparison.OrdinalIgnoreCase)))
        {
            throw new IOException("the answer of a peer has a body that cannot be told from what follows");
        }

        return head;
    }

    /// <summary>Reads some of the body.</summary>
    /// <returns>Bytes read; 0 at its end.</returns>
    /// <exception cref="IOException">The connection is lost or silent for too long, or what arrives is no body.</exception>
    public int Read(Span<byte> destination)
    {
        if (_rest == 0 && !_isOver)
        {
            _isOver = !_isChunked || !TryBeginChunk();
        }

        if (_isOver)
        {
            return 0;
        }

        int wanted = (int)Math.Min(_rest, destination.Length);
        int count = Take(destination[..wanted]);
        if (count == 0 && _rest != long.MaxValue)
        {
            throw new EndOfStreamException("unexpected EOF");
        }

        _isOver = count == 0;
        _rest -= _rest == long.MaxValue ? 0 : count;
        return count;
    }

    /// <summary>The rest of the body as text, without the line end that errors have.</summary>
    /// <exception cref="IOException">It is longer than <paramref name="bytesMax"/>.</exception>
    public string ReadText(int bytesMax)
    {
        var body = new byte[bytesMax];
        int length = 0;
        while (Read(body.AsSpan(length)) is > 0 and int count)
        {
            length += count;
            if (length == bytesMax)
            {
                throw new IOException($"an answer of {bytesMax} bytes or more");
            }
        }

        return Encoding.UTF8.GetString(body, 0, length).TrimEnd('\n');
    }

    private static long ParseLength(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long length)
            ? length
            : throw new IOException("the answer of a peer has a length that is none");

    // What has been read already goes first; a large piece that has not is read where it is wanted.
    private int Take(Span<byte> destination)
    {
        if (_start == _end)
        {
            if (destination.Length >= _buffer.Length)
            {
                return connection.Read(destination);
            }

            Fill();
        }

        int count = Math.Min(destination.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(destination);
        _start += count;
        return count;
    }

    private bool TryBeginChunk()
    {
        if (!_isAtFirstChunk && ReadLine(2).Length > 0)
        {
            throw new IOException("a chunk of a peer is longer than announced");
        }

        _isAtFirstChunk = false;
        _rest = ReadChunkSize();
        if (_rest > 0)
        {
            return true;
        }

        for (int bytes = 0; ReadLine(HeadBytesMax - bytes) is { Length: > 0 } trailer; bytes += trailer.Length + 2)
        {
            // Fields behind the body say nothing that is wanted.
        }

        return false;
    }

    private long ReadChunkSize()
    {
        ReadOnlySpan<byte> line = ReadLineBytes(ChunkLineBytesMax);
        int extension = line.IndexOf((byte)';');
        ReadOnlySpan<byte> digits = (extension < 0 ? line : line[..extension]).TrimEnd((byte)' ');
        return digits.Length is > 0 and <= ChunkDigitsMax && Utf8Parser.TryParse(digits, out long size, out int used, 'x') && used == digits.Length
            ? size
            : throw new IOException("a chunk of a peer has a size that is none");
    }

    private string ReadLine(int bytesMax) => Encoding.Latin1.GetString(ReadLineBytes(bytesMax));

    // A line without its end, valid until the next read. One longer than the bound, ended otherwise than by CR LF, or with a CR in it is none.
    private ReadOnlySpan<byte> ReadLineBytes(int bytesMax)
    {
        int looked = 0;
        while (true)
        {
            int feed = _buffer.AsSpan(_start + looked, _end - _start - looked).IndexOf((byte)'\n');
            int length = feed < 0 ? _end - _start : looked + feed + 1;
            if (length > bytesMax || (feed < 0 && length == bytesMax))
            {
                throw new IOException("a line in the answer of a peer is too long");
            }

            if (feed >= 0)
            {
                ReadOnlySpan<byte> line = _buffer.AsSpan(_start, length);
                _start += length;
                return length >= 2 && line.IndexOf((byte)'\r') == length - 2
                    ? line[..^2]
                    : throw new IOException("a line in the answer of a peer does not end as it must");
            }

            looked = length;
            if (Fill() == 0)
            {
                throw new EndOfStreamException("unexpected EOF");
            }
        }
    }

    private int Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        int count = connection.Read(_buffer.AsSpan(_end));
        _end += count;
        return count;
    }
}
