using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport.Http2.Hpack;

/// <summary>Decodes header blocks of one connection, in the order they come. Source: RFC 7541.</summary>
internal sealed class HpackDecoder : IDisposable
{
    /// <summary>Table size that applies as long as we announce no other.</summary>
    private const int TableBytesMax = 4096;

    private readonly HpackDynamicTable _dynamic = new(TableBytesMax);
    private readonly PooledBuffer _name = new();
    private readonly PooledBuffer _value = new();

    /// <summary>Decodes one whole block.</summary>
    /// <param name="block">The block, all fragments joined.</param>
    /// <param name="sink">Takes the headers; <see langword="null"/> when they only have to pass through the table.</param>
    /// <exception cref="Http2ConnectionException">The block is damaged; the connection cannot go on.</exception>
    public void Decode(ReadOnlySpan<byte> block, IHeaderSink? sink)
    {
        int position = 0;
        bool isAtStart = true;
        while (position < block.Length)
        {
            byte first = block[position];
            bool isResize = (first & 0xE0) == 0x20;
            if (isResize && !isAtStart)
            {
                throw Damaged("a header block changes the size of the table after its start"); // RFC 7541, section 4.2
            }

            isAtStart = isResize;
            if ((first & 0x80) != 0)
            {
                HpackEntry entry = Entry(HpackInteger.Read(block, ref position, 7));
                sink?.Add(entry.Name, entry.Value);
            }
            else if ((first & 0x40) != 0)
            {
                Literal(block, ref position, prefixBits: 6, sink, remember: true);
            }
            else if (isResize)
            {
                Resize(HpackInteger.Read(block, ref position, 5));
            }
            else
            {
                Literal(block, ref position, prefixBits: 4, sink, remember: false);
            }
        }
    }

    public void Dispose()
    {
        _name.Dispose();
        _value.Dispose();
    }

    private void Literal(ReadOnlySpan<byte> block, ref int position, int prefixBits, IHeaderSink? sink, bool remember)
    {
        int index = HpackInteger.Read(block, ref position, prefixBits);
        ReadOnlySpan<byte> name = index > 0 ? Entry(index).Name : Text(block, ref position, _name);
        ReadOnlySpan<byte> value = Text(block, ref position, _value);
        sink?.Add(name, value);
        if (remember)
        {
            _dynamic.Add(new HpackEntry(name, value));
        }
    }

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> block, ref int position, PooledBuffer scratch)
    {
        bool isHuffman = position < block.Length && (block[position] & 0x80) != 0;
        int length = HpackInteger.Read(block, ref position, 7);
        if (length > block.Length - position)
        {
            throw Damaged("a header block is cut off");
        }

        ReadOnlySpan<byte> raw = block.Slice(position, length);
        position += length;
        if (!isHuffman)
        {
            return raw;
        }

        scratch.Clear();
        HuffmanDecoder.Decode(raw, scratch);
        return scratch.WrittenSpan;
    }

    private HpackEntry Entry(int index)
    {
        int age = index - HpackStaticTable.Count - 1;
        return index switch
        {
            0 => throw Damaged("a header block uses index 0"),
            <= HpackStaticTable.Count => HpackStaticTable.Get(index),
            _ when age < _dynamic.Count => _dynamic.Get(age),
            _ => throw Damaged($"a header block uses index {index}, which is not in the table"),
        };
    }

    private void Resize(int bytes)
    {
        if (bytes > TableBytesMax)
        {
            throw Damaged("the header table is made larger than allowed");
        }

        _dynamic.Resize(bytes);
    }

    private static Http2ConnectionException Damaged(string what) => new(Http2ErrorCode.CompressionError, what);
}
