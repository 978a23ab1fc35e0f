using System.Buffers.Binary;

using Etcd.Raft;
using Etcd.Raft.Encoding;

namespace Etcd.Peer.Codecs;

/// <summary>Head of a snapshot transfer: <c>| length, 8 bytes | raftpb.Message |</c>; the database file follows to the end of the body.</summary>
internal static class SnapshotFrame
{
    /// <summary>Largest message. Its data is the dump of the v2 tree, so it is far larger than any on a stream.</summary>
    public const int MessageBytesMax = 0x7000_0000;

    /// <summary>etcd's words for a message above the bound.</summary>
    private const string LimitExceeded = "rafthttp: error limit exceeded";

    /// <summary>How much is read on the sender's word about the length alone.</summary>
    private const int PieceBytes = 1024 * 1024;

    /// <summary>The head's bytes.</summary>
    public static byte[] Encode(RaftMessage message)
    {
        int length = RaftMessageCodec.SizeOf(message);
        var head = new byte[sizeof(ulong) + length];
        BinaryPrimitives.WriteUInt64BigEndian(head, (ulong)length);
        RaftMessageCodec.Write(message, head.AsSpan(sizeof(ulong)));
        return head;
    }

    /// <summary>Reads the head and leaves <paramref name="source"/> at the first byte of the file.</summary>
    /// <exception cref="PeerFrameException">The bytes are no such head.</exception>
    public static async Task<RaftMessage> ReadAsync(Stream source, CancellationToken cancellationToken)
    {
        try
        {
            var prefix = new byte[sizeof(ulong)];
            await source.ReadExactlyAsync(prefix, cancellationToken).ConfigureAwait(false);
            ulong length = BinaryPrimitives.ReadUInt64BigEndian(prefix);
            if (length > MessageBytesMax)
            {
                throw new PeerFrameException(LimitExceeded);
            }

            return RaftMessageCodec.Read(await ReadBodyAsync(source, (int)length, cancellationToken).ConfigureAwait(false));
        }
        catch (EndOfStreamException)
        {
            throw new PeerFrameException("unexpected EOF");
        }
        catch (ProtoFormatException malformed)
        {
            throw new PeerFrameException(malformed.Message, malformed);
        }
    }

    private static async Task<byte[]> ReadBodyAsync(Stream source, int length, CancellationToken cancellationToken)
    {
        var body = new byte[Math.Min(length, PieceBytes)];
        for (int read = 0; ;)
        {
            await source.ReadExactlyAsync(body.AsMemory(read), cancellationToken).ConfigureAwait(false);
            read = body.Length;
            if (read == length)
            {
                return body;
            }

            Array.Resize(ref body, (int)Math.Min(2L * read, length));
        }
    }
}
