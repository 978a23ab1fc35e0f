using System.Buffers;

using Etcd.Server.Operations;

namespace Etcd.Api.Replies;

/// <summary>Writes the parts that replies of the hot paths have in common, without building message objects.</summary>
internal static class ReplyHead
{
    private const byte HeaderTag = (1 << 3) | 2;
    private const byte ClusterIdTag = 1 << 3;
    private const byte MemberIdTag = 2 << 3;
    private const byte RevisionTag = 3 << 3;
    private const byte TermTag = 4 << 3;
    private const int VarintBytesMax = 10;
    private const int BodyBytesMax = 4 * (1 + VarintBytesMax);

    /// <summary>Writes field 1, the header, as every reply has it.</summary>
    internal static void Write(IBufferWriter<byte> reply, HeaderSource headers, long revision)
    {
        Span<byte> body = stackalloc byte[BodyBytesMax];
        int length = 0;
        WriteField(body, ref length, ClusterIdTag, headers.ClusterId);
        WriteField(body, ref length, MemberIdTag, headers.MemberId);
        WriteField(body, ref length, RevisionTag, (ulong)revision);
        WriteField(body, ref length, TermTag, headers.Term);

        Span<byte> span = reply.GetSpan(2 + length);
        span[0] = HeaderTag;
        span[1] = (byte)length;
        body[..length].CopyTo(span[2..]);
        reply.Advance(2 + length);
    }

    /// <summary>Writes a number field that is left out when it is zero.</summary>
    internal static void WriteField(IBufferWriter<byte> reply, byte tag, ulong value)
    {
        Span<byte> span = reply.GetSpan(1 + VarintBytesMax);
        int length = 0;
        WriteField(span, ref length, tag, value);
        reply.Advance(length);
    }

    /// <summary>Writes the length that stands before a field of bytes.</summary>
    internal static void WriteLength(IBufferWriter<byte> reply, int bytes)
    {
        Span<byte> span = reply.GetSpan(VarintBytesMax);
        int length = 0;
        WriteVarint(span, ref length, (ulong)bytes);
        reply.Advance(length);
    }

    private static void WriteField(Span<byte> span, ref int length, byte tag, ulong value)
    {
        if (value != 0)
        {
            span[length++] = tag;
            WriteVarint(span, ref length, value);
        }
    }

    private static void WriteVarint(Span<byte> span, ref int length, ulong value)
    {
        while (value >= 0x80)
        {
            span[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[length++] = (byte)value;
    }
}
