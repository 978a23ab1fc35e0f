using System.Text;

namespace Etcd.LoadGenerator.Wire;

/// <summary>The header blocks of a connection that calls one gRPC method over and over. As with any gRPC client the first
/// request puts its headers into the connection's table and the others refer to them, 7 bytes each (RFC 7541).</summary>
internal sealed class HeaderBlocks
{
    private const byte LiteralWithIndexing = 0x40;
    private const byte Indexed = 0x80;
    private const int AuthorityName = 1;
    private const int PathName = 4;
    private const int UserAgentName = 58;
    private const int ContentTypeName = 31;
    private const int MethodPost = 3;
    private const int SchemeHttp = 6;
    private const int FirstDynamicIndex = 62;
    private const int AddedEntries = 5;

    public HeaderBlocks(string authority, string path)
    {
        var first = new List<byte> { Indexed | MethodPost, Indexed | SchemeHttp };
        AddLiteral(first, PathName, path);
        AddLiteral(first, AuthorityName, authority);
        AddLiteral(first, ContentTypeName, "application/grpc");
        first.Add(LiteralWithIndexing);
        AddString(first, "te");
        AddString(first, "trailers");
        AddLiteral(first, UserAgentName, "etcd-load-generator");
        First = [.. first];

        Following =
        [
            Indexed | MethodPost,
            Indexed | SchemeHttp,
            .. Enumerable.Range(0, AddedEntries).Select(age => (byte)(Indexed | (FirstDynamicIndex + AddedEntries - 1 - age))),
        ];
    }

    public byte[] First { get; }

    public byte[] Following { get; }

    private static void AddLiteral(List<byte> block, int name, string value)
    {
        block.Add((byte)(LiteralWithIndexing | name));
        AddString(block, value);
    }

    private static void AddString(List<byte> block, string text)
    {
        // Below 127 a length is one byte; the first bit says that the text is not Huffman-coded.
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, 126);
        block.Add((byte)text.Length);
        block.AddRange(Encoding.ASCII.GetBytes(text));
    }
}
