namespace Etcd.Mvcc;

/// <summary>Is told how the live keys change, in their newest version: what keeps accounts of them need not walk over them. Apply thread.</summary>
public interface IKeyLedger
{
    /// <summary>Whether it keeps account of a key; of others nothing is told.</summary>
    bool Covers(ReadOnlySpan<byte> key);

    /// <summary>A key was put or deleted.</summary>
    /// <param name="key">The key.</param>
    /// <param name="bytesBefore">Bytes of key and value before; 0 when there was none.</param>
    /// <param name="bytesAfter">The same after it.</param>
    void Changed(ReadOnlySpan<byte> key, long bytesBefore, long bytesAfter);
}
