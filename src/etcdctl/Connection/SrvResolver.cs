using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Etcdctl.Connection;

/// <summary>Asks the name servers of <c>/etc/resolv.conf</c> for SRV records, which .NET has no call for.</summary>
internal static class SrvResolver
{
    private const ushort TypeSrv = 33;
    private const ushort ClassInternet = 1;
    private const ushort TruncatedFlag = 0x0200;
    private const int HeaderBytes = 12;
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Finds the records, best priority first, heavier before lighter.</summary>
    /// <exception cref="IOException">No server answered, or it has no such name.</exception>
    public static IReadOnlyList<SrvRecord> Resolve(string name)
    {
        Exception? failure = null;
        foreach (IPAddress server in NameServers())
        {
            try
            {
                List<SrvRecord> records = ParseAnswer(Ask(server, name), name);
                records.Sort((a, b) => a.Priority != b.Priority ? a.Priority - b.Priority : b.Weight - a.Weight);
                return records;
            }
            catch (SocketException error)
            {
                failure = error;
            }
        }

        throw new IOException($"lookup {name}: {failure?.Message ?? "no name server"}", failure);
    }

    /// <summary>Reads the records from an answer.</summary>
    /// <exception cref="IOException">The answer is an error or broken.</exception>
    internal static List<SrvRecord> ParseAnswer(ReadOnlySpan<byte> answer, string name)
    {
        try
        {
            int code = answer[3] & 0x0f;
            if (code != 0)
            {
                throw new IOException($"lookup {name}: " + (code == 3 ? "no such host" : $"server answered with code {code}"));
            }

            int at = HeaderBytes;
            for (int questions = Word(answer, 4); questions > 0; questions--)
            {
                ReadName(answer, ref at);
                at += 4;
            }

            List<SrvRecord> records = [];
            for (int answers = Word(answer, 6); answers > 0; answers--)
            {
                ReadName(answer, ref at);
                int type = Word(answer, at);
                int length = Word(answer, at + 8);
                at += 10;
                if (type == TypeSrv)
                {
                    int target = at + 6;
                    records.Add(new SrvRecord(
                        Word(answer, at), Word(answer, at + 2), Word(answer, at + 4), ReadName(answer, ref target)));
                }

                at += length;
            }

            return records;
        }
        catch (ArgumentOutOfRangeException failure)
        {
            throw new IOException($"lookup {name}: broken answer", failure);
        }
        catch (IndexOutOfRangeException failure)
        {
            throw new IOException($"lookup {name}: broken answer", failure);
        }
    }

    private static byte[] Ask(IPAddress server, string name)
    {
        byte[] question = Question(name);
        using Socket udp = new(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
        {
            ReceiveTimeout = (int)AnswerTimeout.TotalMilliseconds,
        };
        udp.Connect(server, 53);
        udp.Send(question);
        byte[] buffer = new byte[ushort.MaxValue];
        int length = udp.Receive(buffer);
        bool isTruncated = length >= HeaderBytes && (Word(buffer, 2) & TruncatedFlag) != 0;
        return isTruncated ? AskOverTcp(server, question) : buffer[..length];
    }

    private static byte[] AskOverTcp(IPAddress server, byte[] question)
    {
        using TcpClient tcp = new(server.AddressFamily) { ReceiveTimeout = (int)AnswerTimeout.TotalMilliseconds };
        tcp.Connect(server, 53);
        NetworkStream stream = tcp.GetStream();
        byte[] framed = new byte[question.Length + 2];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)question.Length);
        question.CopyTo(framed, 2);
        stream.Write(framed);
        byte[] prefix = new byte[2];
        stream.ReadExactly(prefix);
        byte[] answer = new byte[BinaryPrimitives.ReadUInt16BigEndian(prefix)];
        stream.ReadExactly(answer);
        return answer;
    }

    private static byte[] Question(string name)
    {
        List<byte> bytes = [0x45, 0x74, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0];
        foreach (string label in name.TrimEnd('.').Split('.'))
        {
            bytes.Add((byte)label.Length);
            bytes.AddRange(Encoding.ASCII.GetBytes(label));
        }

        bytes.AddRange([0, 0, (byte)TypeSrv, 0, (byte)ClassInternet]);
        return [.. bytes];
    }

    private static string ReadName(ReadOnlySpan<byte> message, ref int at)
    {
        StringBuilder name = new();
        int read = at;
        bool jumped = false;

        // A name may point back to an earlier one; a loop of pointers ends at the count.
        for (int steps = 0; steps < 128; steps++)
        {
            int length = message[read];
            if ((length & 0xc0) == 0xc0)
            {
                int target = ((length & 0x3f) << 8) | message[read + 1];
                at = jumped ? at : read + 2;
                jumped = true;
                read = target;
                continue;
            }

            read++;
            if (length == 0)
            {
                at = jumped ? at : read;
                return name.ToString();
            }

            name.Append(name.Length == 0 ? "" : ".").Append(Encoding.ASCII.GetString(message.Slice(read, length)));
            read += length;
        }

        throw new IOException("a name in the answer points to itself");
    }

    private static int Word(ReadOnlySpan<byte> message, int at) => BinaryPrimitives.ReadUInt16BigEndian(message[at..]);

    private static IEnumerable<IPAddress> NameServers()
    {
        foreach (string line in File.Exists("/etc/resolv.conf") ? File.ReadLines("/etc/resolv.conf") : [])
        {
            string[] words = line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["nameserver", string text, ..] && IPAddress.TryParse(text, out IPAddress? address))
            {
                yield return address;
            }
        }
    }
}
