using System.Buffers;
using System.Buffers.Text;

using Etcd.Grpc.Server.Local;

namespace Etcd.Api.Gateway.Json;

/// <summary>Base64 as protobuf's JSON form takes it: the usual or the URL-safe alphabet, padded or not, line ends anywhere.</summary>
internal static class Base64Text
{
    private static readonly SearchValues<byte> Unusual = SearchValues.Create("-_\r\n \t"u8);

    private static ReadOnlySpan<byte> Alphabet => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8;

    /// <summary>Decodes text.</summary>
    /// <returns>Whether it is base64; if not, a part of it may stand in <paramref name="output"/>.</returns>
    internal static bool TryDecode(ReadOnlySpan<byte> text, PooledBytes output)
    {
        return (!text.ContainsAny(Unusual) && (text.Length & 3) == 0 && TryDecodeUsual(text, output)) || TryDecodeUnusual(text, output);
    }

    private static bool TryDecodeUsual(ReadOnlySpan<byte> text, PooledBytes output)
    {
        Span<byte> room = output.GetSpan(Base64.GetMaxDecodedFromUtf8Length(text.Length));
        if (Base64.DecodeFromUtf8(text, room, out _, out int written) != OperationStatus.Done)
        {
            return false;
        }

        output.Advance(written);
        return true;
    }

    private static bool TryDecodeUnusual(ReadOnlySpan<byte> text, PooledBytes output)
    {
        bool isUrlSafe = text.ContainsAny((byte)'-', (byte)'_');
        if (text.ContainsAny(" \t"u8) || (isUrlSafe && text.ContainsAny((byte)'+', (byte)'/')))
        {
            return false;
        }

        using var usual = new PooledBytes(text.Length + 3);
        foreach (byte letter in text)
        {
            if (letter is not ((byte)'\r' or (byte)'\n'))
            {
                usual.Add(letter switch { (byte)'-' => (byte)'+', (byte)'_' => (byte)'/', _ => letter });
            }
        }

        while ((usual.WrittenCount & 3) != 0)
        {
            usual.Add((byte)'=');
        }

        ClearSpareBits(usual.Written);
        return TryDecodeUsual(usual.Written, output);
    }

    /// <summary>The last letter before padding has bits that belong to no byte. Go does not look at them; the library here wants them to be zero.</summary>
    private static void ClearSpareBits(Span<byte> text)
    {
        int padding = text.Length - text.TrimEnd((byte)'=').Length;
        if (padding is not (1 or 2) || text.Length < 4)
        {
            return;
        }

        ref byte last = ref text[^(padding + 1)];
        int value = Alphabet.IndexOf(last);
        if (value >= 0)
        {
            last = Alphabet[value & (padding == 1 ? 0b111100 : 0b110000)];
        }
    }
}
