using System.Buffers;

using Etcd.Peer.Codecs;
using Etcd.Raft;

namespace Etcd.Peer.Tests.Codecs;

/// <summary>Runs messages through a codec, all at once or byte by byte.</summary>
internal static class Frames
{
    public static byte[] Encode(IStreamEncoder encoder, params IEnumerable<RaftMessage?> messages)
    {
        var output = new ArrayBufferWriter<byte>();
        var frames = new FrameWriter(output);
        foreach (RaftMessage? message in messages)
        {
            if (message is null)
            {
                encoder.WriteLinkHeartbeat(ref frames);
            }
            else
            {
                encoder.Write(ref frames, message);
            }
        }

        frames.Commit();
        Assert.Equal(output.WrittenCount, frames.Written);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Decodes bytes that arrive in pieces of at most <paramref name="pieceBytes"/>.</summary>
    public static List<RaftMessage?> Decode(IStreamDecoder decoder, ReadOnlySpan<byte> bytes, int pieceBytes = int.MaxValue)
    {
        var buffer = new ReceiveBuffer();
        var messages = new List<RaftMessage?>();
        while (!bytes.IsEmpty)
        {
            Span<byte> free = buffer.Free().Span;
            int count = Math.Min(Math.Min(free.Length, pieceBytes), bytes.Length);
            bytes[..count].CopyTo(free);
            buffer.Filled(count);
            bytes = bytes[count..];
            while (decoder.TryRead(buffer, out RaftMessage? message))
            {
                messages.Add(message);
            }
        }

        return messages;
    }

    public static RaftMessage Append(ulong term, ulong logTerm, ulong index, ulong commit, params Entry[] entries) => new()
    {
        Type = MessageType.Append,
        From = 1,
        To = 2,
        Term = term,
        LogTerm = logTerm,
        Index = index,
        Commit = commit,
        Entries = entries,
    };

    public static Entry Entry(ulong term, ulong index, int dataBytes = 0, byte fill = 7)
    {
        var data = new byte[dataBytes];
        Array.Fill(data, fill);
        return new Entry(term, index, EntryType.Normal, data);
    }

    /// <summary>A text in which two messages differ exactly if their content does.</summary>
    public static string Describe(RaftMessage? message) => message is null
        ? "sign of life"
        : $"{message.Type} {message.From}->{message.To} term {message.Term} prev {message.LogTerm}/{message.Index} commit {message.Commit} "
            + $"reject {message.Reject}/{message.RejectHint} context {Convert.ToHexString(message.Context.Span)} entries "
            + string.Join(' ', message.Entries.ToArray().Select(entry => $"{entry.Type}:{entry.Term}/{entry.Index}:{Convert.ToHexString(entry.Data.Span)}"));
}
