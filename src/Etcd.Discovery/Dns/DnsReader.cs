using System.Buffers.Binary;
using System.Text;

namespace Etcd.Discovery.Dns;

/// <summary>Reads a DNS message (RFC 1035) that anybody may have sent: every step is checked and ends.</summary>
/// <param name="message">The message.</param>
internal ref struct DnsReader(ReadOnlySpan<byte> message)
{
    private const int NameBytesMax = 255;
    private const int LabelBytesMax = 63;
    private const int PointerMark = 0xc0;

    private readonly ReadOnlySpan<byte> _message = message;
    private int _position;

    /// <summary>Skips bytes.</summary>
    /// <exception cref="FormatException">The message ends before.</exception>
    public void Skip(int count) => _position = Reach(_position, count);

    /// <summary>Reads a number of two bytes.</summary>
    /// <exception cref="FormatException">The message ends before.</exception>
    public int Word()
    {
        int end = Reach(_position, sizeof(ushort));
        int value = BinaryPrimitives.ReadUInt16BigEndian(_message[_position..end]);
        _position = end;
        return value;
    }

    /// <summary>Reads a name, following its pointers to earlier ones.</summary>
    /// <exception cref="FormatException">It is no name, or too long.</exception>
    public string Name()
    {
        var name = new StringBuilder();
        int read = _position;
        int? resume = null;
        while (true)
        {
            int length = _message[Reach(read, 1) - 1];
            if ((length & PointerMark) == PointerMark)
            {
                int second = _message[Reach(read, sizeof(ushort)) - 1];
                int target = ((length & ~PointerMark) << 8) | second;

                // Always backwards: names cannot turn in circles.
                if (target >= read)
                {
                    throw new FormatException("a name points to itself");
                }

                resume ??= read + sizeof(ushort);
                read = target;
                continue;
            }

            read++;
            if (length == 0)
            {
                _position = resume ?? read;
                return name.ToString();
            }

            int end = length <= LabelBytesMax ? Reach(read, length) : throw new FormatException("a label is too long");
            name.Append(name.Length == 0 ? "" : ".").Append(Encoding.ASCII.GetString(_message[read..end]));
            read = name.Length <= NameBytesMax ? end : throw new FormatException("a name is too long");
        }
    }

    private readonly int Reach(int start, int count) =>
        count <= _message.Length - start ? start + count : throw new FormatException("the message is cut short");
}
