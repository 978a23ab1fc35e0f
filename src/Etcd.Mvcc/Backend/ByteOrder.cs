namespace Etcd.Mvcc;

/// <summary>Compares keys as unsigned bytes, the order of the file.</summary>
internal sealed class ByteOrder : IComparer<ReadOnlyMemory<byte>>
{
    /// <summary>The only instance.</summary>
    public static readonly ByteOrder Instance = new();

    private ByteOrder()
    {
    }

    /// <inheritdoc/>
    public int Compare(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceCompareTo(y.Span);
}
