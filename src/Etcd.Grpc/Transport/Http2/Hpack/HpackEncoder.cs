using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport.Http2.Hpack;

/// <summary>Encodes header blocks of one connection. Headers that repeat are put into the dynamic table until it is full, and none is
/// ever evicted: their indexes are then easy to know. Everything else is written out. Source: RFC 7541.</summary>
internal sealed class HpackEncoder
{
    private const int DefaultTableBytes = 4096;

    // A few dozen at most, mostly the same string objects each time: a scan beats a dictionary, and costs no start-up.
    private string[] _names = new string[16];
    private string[] _values = new string[16];
    private int _count;
    private int _tableBytes;
    private int _tableBytesMax = DefaultTableBytes;
    private bool _announceEmptyTable;

    /// <summary>The server announced its table size.</summary>
    public void SetTableSize(uint bytes)
    {
        if (bytes >= (uint)_tableBytesMax)
        {
            // More than we ever use.
            return;
        }

        // A server that wants less gets none: the next block says so and starts over without the table.
        _tableBytesMax = 0;
        _tableBytes = 0;
        _count = 0;
        _announceEmptyTable = true;
    }

    /// <summary>Has to be called before the first header of a block.</summary>
    public void BeginBlock(PooledBuffer block)
    {
        if (_announceEmptyTable)
        {
            _announceEmptyTable = false;
            HpackInteger.Write(block, 0x20, 5, 0);
        }
    }

    /// <summary>Writes a header that stands in the static table with its value.</summary>
    public static void WriteStatic(PooledBuffer block, int index) => HpackInteger.Write(block, 0x80, 7, index);

    /// <summary>Writes a header that many calls share.</summary>
    /// <param name="block">Header block.</param>
    /// <param name="staticNameIndex">Index of the name in the static table, 0 when it is not there.</param>
    /// <param name="name">Always the same string object for the same name.</param>
    /// <param name="value">The value.</param>
    public void WriteRepeated(PooledBuffer block, int staticNameIndex, string name, string value)
    {
        int order = Find(name, value);
        if (order >= 0)
        {
            HpackInteger.Write(block, 0x80, 7, HpackStaticTable.Count + _count - order);
            return;
        }

        int size = name.Length + value.Length + HpackEntry.OverheadBytes;
        if (_tableBytes + size > _tableBytesMax)
        {
            Write(block, pattern: 0x00, prefixBits: 4, staticNameIndex, name, value);
            return;
        }

        _tableBytes += size;
        Remember(name, value);
        Write(block, pattern: 0x40, prefixBits: 6, staticNameIndex, name, value);
    }

    /// <summary>Writes a header of one call.</summary>
    public static void WriteOnce(PooledBuffer block, string name, string value) =>
        Write(block, pattern: 0x00, prefixBits: 4, staticNameIndex: 0, name, value);

    private int Find(string name, string value)
    {
        for (int i = 0; i < _count; i++)
        {
            if (ReferenceEquals(_names[i], name) && (ReferenceEquals(_values[i], value) || _values[i] == value))
            {
                return i;
            }
        }

        return -1;
    }

    private void Remember(string name, string value)
    {
        if (_count == _names.Length)
        {
            Array.Resize(ref _names, _count * 2);
            Array.Resize(ref _values, _count * 2);
        }

        _names[_count] = name;
        _values[_count++] = value;
    }

    private static void Write(PooledBuffer block, byte pattern, int prefixBits, int staticNameIndex, string name, string value)
    {
        HpackInteger.Write(block, pattern, prefixBits, staticNameIndex);
        if (staticNameIndex == 0)
        {
            WriteText(block, name);
        }

        WriteText(block, value);
    }

    private static void WriteText(PooledBuffer block, string text)
    {
        HpackInteger.Write(block, 0x00, 7, text.Length);
        Span<byte> bytes = block.GetSpan(text.Length + 1);
        for (int i = 0; i < text.Length; i++)
        {
            bytes[i] = (byte)text[i];
        }

        block.Advance(text.Length);
    }
}
