using System.Buffers.Binary;

namespace Etcd.Server.Tests.Offline;

/// <summary>Which bytes of a database file hold its structure: metas, page headers, elements, keys, and the heads of buckets. The others are values, free
/// pages, or what no page uses. It knows the format by itself, so that no check is measured by its own eyes.</summary>
internal sealed class DatabaseStructure
{
    private const int MetaBytes = 80;
    private const int HeaderBytes = 16;
    private const int ElementBytes = 16;

    private readonly byte[] _file;
    private readonly int _pageBytes;
    private readonly SortedDictionary<int, string> _bytes = [];

    internal DatabaseStructure(byte[] file, int pageBytes)
    {
        _file = file;
        _pageBytes = pageBytes;
        int newest = ReadLong(64) > ReadLong(pageBytes + 64) ? 0 : pageBytes;
        EndOfPages = ReadLong(newest + 56) * pageBytes;
        Mark(0, MetaBytes, "meta 0");
        Mark(pageBytes, MetaBytes, "meta 1");
        MarkPage((int)ReadLong(newest + 32), "buckets");
    }

    /// <summary>End of the last page that was ever used.</summary>
    internal long EndOfPages { get; }

    /// <summary>Offsets, and what stands there.</summary>
    internal IReadOnlyDictionary<int, string> Bytes => _bytes;

    /// <summary>Offset of the first byte that is called so.</summary>
    internal int Find(string what) => _bytes.First(entry => entry.Value.StartsWith(what, StringComparison.Ordinal)).Key;

    private void MarkPage(int page, string tree) => MarkNode(page * _pageBytes, tree);

    private void MarkNode(int at, string tree)
    {
        bool isLeaf = _file[at + 8] == 2;
        int count = BinaryPrimitives.ReadUInt16LittleEndian(_file.AsSpan(at + 10));
        string kind = isLeaf ? "leaf" : "branch";
        Mark(at, HeaderBytes, $"header of a {kind} of {tree}");
        for (int number = 0; number < count; number++)
        {
            int element = at + HeaderBytes + (number * ElementBytes);
            Mark(element, ElementBytes, $"element {number} of {count} in a {kind} of {tree}");
            int key = element + ReadInt(element + (isLeaf ? 4 : 0));
            int keyBytes = ReadInt(element + (isLeaf ? 8 : 4));
            Mark(key, keyBytes, $"key {number} of {count} in a {kind} of {tree}");
            if (!isLeaf)
            {
                MarkPage((int)ReadLong(element + 8), tree);
            }
            else if (_file[element] == 1)
            {
                MarkBucket(key + keyBytes, System.Text.Encoding.ASCII.GetString(_file, key, keyBytes));
            }
        }
    }

    private void MarkBucket(int at, string name)
    {
        Mark(at, HeaderBytes, $"head of bucket {name}");
        if (ReadLong(at) == 0)
        {
            MarkNode(at + HeaderBytes, name);
        }
        else
        {
            MarkPage((int)ReadLong(at), name);
        }
    }

    private void Mark(int from, int bytes, string what)
    {
        for (int at = from; at < from + bytes; at++)
        {
            _bytes[at] = $"{what}, byte {at - from}";
        }
    }

    private long ReadLong(int at) => BinaryPrimitives.ReadInt64LittleEndian(_file.AsSpan(at));

    private int ReadInt(int at) => BinaryPrimitives.ReadInt32LittleEndian(_file.AsSpan(at));
}
