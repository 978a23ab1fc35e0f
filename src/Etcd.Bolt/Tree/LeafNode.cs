using System.Buffers.Binary;

using Etcd.Bolt.Format;
using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Tree;

/// <summary>A leaf in the memory of a write transaction.</summary>
internal sealed class LeafNode : Node
{
    private readonly ItemList<LeafItem> _items;

    /// <summary>An empty leaf.</summary>
    internal LeafNode()
    {
        _items = new ItemList<LeafItem>(0);
    }

    /// <summary>A leaf with the items of a page. Keys and values stay where they are.</summary>
    /// <param name="page">The page.</param>
    /// <param name="memory">The same bytes as memory that outlives the transaction.</param>
    internal LeafNode(PageView page, ReadOnlyMemory<byte> memory)
    {
        page.CheckKeysAscend();
        _items = new ItemList<LeafItem>(page.Count + 1);
        for (int i = 0; i < page.Count; i++)
        {
            (int keyStart, int keyLength) = page.KeyRange(i);
            (int valueStart, int valueLength) = page.ValueRange(i);
            Insert(i, new LeafItem(memory.Slice(keyStart, keyLength), memory.Slice(valueStart, valueLength), page.IsBucket(i)));
        }
    }

    internal override bool IsLeaf => true;

    internal override int Count => _items.Count;

    internal bool HoldsBuckets
    {
        get
        {
            foreach (ref readonly LeafItem item in _items.Span)
            {
                if (item.IsBucket)
                {
                    return true;
                }
            }

            return false;
        }
    }

    internal ref readonly LeafItem Item(int index) => ref _items[index];

    internal override ReadOnlyMemory<byte> Key(int index) => _items[index].Key;

    internal override long ItemBytes(int index) => Bytes(in _items[index]);

    internal void Insert(int index, in LeafItem item)
    {
        _items.Insert(index, in item);
        SizeBytes += Bytes(in item);
    }

    internal void Replace(int index, in LeafItem item)
    {
        SizeBytes += Bytes(in item) - Bytes(in _items[index]);
        _items[index] = item;
    }

    internal void RemoveAt(int index)
    {
        SizeBytes -= Bytes(in _items[index]);
        _items.RemoveAt(index);
        HasShrunk = true;
    }

    internal override void Absorb(Node right)
    {
        var leaf = (LeafNode)right;
        _items.Append(leaf._items.Span);
        SizeBytes += leaf.SizeBytes - PageFormat.HeaderBytes;
    }

    internal override void WriteTo(Span<byte> run, ulong id, int overflow, int start, int end)
    {
        PageFormat.WriteHeader(run, id, PageFormat.LeafFlag, end - start, overflow);
        int element = PageFormat.HeaderBytes;
        int data = element + ((end - start) * PageFormat.ElementBytes);
        foreach (ref readonly LeafItem item in _items.Span[start..end])
        {
            Span<byte> header = run.Slice(element, PageFormat.ElementBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(header, item.IsBucket ? PageFormat.BucketElementFlag : 0);
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)(data - element));
            BinaryPrimitives.WriteUInt32LittleEndian(header[8..], (uint)item.Key.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(header[12..], (uint)item.Value.Length);
            item.Key.Span.CopyTo(run[data..]);
            data += item.Key.Length;
            item.Value.Span.CopyTo(run[data..]);
            data += item.Value.Length;
            element += PageFormat.ElementBytes;
        }

        run[data..].Clear();
    }

    internal override void Release() => _items.Release();

    private static long Bytes(in LeafItem item) => PageFormat.ElementBytes + item.Key.Length + (long)item.Value.Length;
}
