using System.Buffers.Binary;
using System.Text;

namespace Etcd.Discovery.Dns;

/// <summary>The question for SRV records, and the answer to it (RFC 1035).</summary>
internal static class SrvMessage
{
    internal const int HeaderBytes = 12;

    /// <summary>More than any cluster has members or endpoints.</summary>
    internal const int RecordsMax = 512;

    private const int TypeSrv = 33;
    private const int ClassInternet = 1;
    private const int ResponseFlag = 0x8000;
    private const int TruncatedFlag = 0x0200;
    private const int CodeMask = 0x000f;
    private const int CodeNoSuchName = 3;
    private const int LabelBytesMax = 63;
    private const int NameBytesMax = 253;

    /// <summary>Makes the question.</summary>
    /// <exception cref="FormatException">The name cannot be asked for.</exception>
    internal static byte[] Question(ushort id, string name)
    {
        List<byte> bytes = [(byte)(id >> 8), (byte)id, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
        string plain = name.EndsWith('.') ? name[..^1] : name;
        if (plain.Length > NameBytesMax || !Ascii.IsValid(plain))
        {
            throw new FormatException("no such host");
        }

        foreach (string label in plain.Split('.'))
        {
            if (label.Length is 0 or > LabelBytesMax)
            {
                throw new FormatException("no such host");
            }

            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.ASCII.GetBytes(label));
        }

        return [.. bytes, 0, 0, TypeSrv, 0, ClassInternet];
    }

    /// <summary>Whether a message answers a question: others, late or forged, are not read.</summary>
    internal static bool Answers(ReadOnlySpan<byte> message, ReadOnlySpan<byte> question)
    {
        if (message.Length < question.Length || !message[..2].SequenceEqual(question[..2]) || (Flags(message) & ResponseFlag) == 0)
        {
            return false;
        }

        // The question stands in its answer, though a server may change the case of its letters.
        return Ascii.EqualsIgnoreCase(message[HeaderBytes..question.Length], question[HeaderBytes..]);
    }

    /// <summary>Whether the answer did not fit into a datagram.</summary>
    internal static bool IsTruncated(ReadOnlySpan<byte> message) => (Flags(message) & TruncatedFlag) != 0;

    /// <summary>Whether the server says that there is no such name, which another server would say too.</summary>
    internal static bool DeniesName(ReadOnlySpan<byte> message) => (Flags(message) & CodeMask) == CodeNoSuchName;

    /// <summary>Reads the records of an answer, in its order.</summary>
    /// <exception cref="FormatException">There are none, or the message is broken; the text is what Go's resolver says.</exception>
    internal static List<SrvRecord> Records(ReadOnlySpan<byte> message)
    {
        var reader = new DnsReader(message);
        reader.Skip(sizeof(ushort));
        int code = reader.Word() & CodeMask;
        if (code != 0)
        {
            throw new FormatException(code == CodeNoSuchName ? "no such host" : "server misbehaving");
        }

        int questions = reader.Word();
        int answers = reader.Word();
        reader.Skip(2 * sizeof(ushort));
        for (int i = 0; i < questions; i++)
        {
            reader.Name();
            reader.Skip(2 * sizeof(ushort));
        }

        var records = new List<SrvRecord>();
        for (int i = 0; i < answers; i++)
        {
            reader.Name();
            int type = reader.Word();
            reader.Skip(sizeof(ushort) + sizeof(uint));
            int length = reader.Word();
            if (type == TypeSrv)
            {
                DnsReader data = reader;
                records.Add(new SrvRecord(data.Word(), data.Word(), data.Word(), data.Name()));
            }

            reader.Skip(length);
        }

        return records.Count switch
        {
            0 => throw new FormatException("no such host"),
            > RecordsMax => throw new FormatException($"more than {RecordsMax} records"),
            _ => records,
        };
    }

    private static int Flags(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt16BigEndian(message[2..]);
}
