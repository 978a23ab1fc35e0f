using System.Buffers.Binary;

using Etcd.Bolt.Format;
using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Tree;

/// <summary>A branch in the memory of a write transaction.</summary>
internal sealed class BranchNode : Node
{
    private ItemList<BranchItem> _items;

    /// <summary>A branch over <paramref name="items"/>, which it owns from now on.</summary>
    internal BranchNode(ItemList<BranchItem> items)
    {
        _items = items;
        MeasureItems();
    }

    /// <summary>A branch with the items of a page. Keys stay where they are.</summary>
    /// <param name="page">The page.</param>
    /// <param name="memory">The same bytes as memory that outlives the transaction.</param>
    internal BranchNode(PageView page, ReadOnlyMemory<byte> memory)
    {
        page.CheckKeysAscend();
        _items = new ItemList<BranchItem>(page.Count + 1);
        for (int i = 0; i < page.Count; i++)
        {
            (int start, int length) = page.KeyRange(i);
            _items.Insert(i, new BranchItem(memory.Slice(start, length), page.Child(i), Child: null));
        }

        MeasureItems();
    }

    internal override bool IsLeaf => false;

    internal override int Count => _items.Count;

    internal ref readonly BranchItem Item(int index) => ref _items[index];

    internal override ReadOnlyMemory<byte> Key(int index) => _items[index].Key;

    internal override long ItemBytes(int index) => Bytes(in _items[index]);

    /// <summary>Index of the child under which <paramref name="key"/> belongs.</summary>
    internal int ChildIndex(ReadOnlySpan<byte> key)
    {
        int index = LowerBound(key, out bool isExact);
        return isExact || index == 0 ? index : index - 1;
    }

    internal void SetChild(int index, Node child) => _items[index] = _items[index] with { Child = child };

    internal void RemoveAt(int index)
    {
        SizeBytes -= Bytes(in _items[index]);
        _items.RemoveAt(index);
        HasShrunk = true;
    }

    /// <summary>Puts other children in the place of all there are.</summary>
    internal void ReplaceItems(ItemList<BranchItem> items)
    {
        _items.Release();
        _items = items;
        MeasureItems();
    }

    internal override void Absorb(Node right)
    {
        var branch = (BranchNode)right;
        _items.Append(branch._items.Span);
        SizeBytes += branch.SizeBytes - PageFormat.HeaderBytes;
    }

    internal override void WriteTo(Span<byte> run, ulong id, int overflow, int start, int end)
    {
        PageFormat.WriteHeader(run, id, PageFormat.BranchFlag, end - start, overflow);
        int element = PageFormat.HeaderBytes;
        int data = element + ((end - start) * PageFormat.ElementBytes);
        foreach (ref readonly BranchItem item in _items.Span[start..end])
        {
            Span<byte> header = run.Slice(element, PageFormat.ElementBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)(data - element));
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], (uint)item.Key.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(header[8..], item.PageId);
            item.Key.Span.CopyTo(run[data..]);
            data += item.Key.Length;
            element += PageFormat.ElementBytes;
        }

        run[data..].Clear();
    }

    internal override void Release() => _items.Release();

    private static long Bytes(in BranchItem item) => PageFormat.ElementBytes + (long)item.Key.Length;

    private void MeasureItems()
    {
        SizeBytes = PageFormat.HeaderBytes;
        foreach (ref readonly BranchItem item in _items.Span)
        {
            SizeBytes += Bytes(in item);
        }
    }
}
