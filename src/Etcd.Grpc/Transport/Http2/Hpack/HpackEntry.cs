namespace Etcd.Grpc.Transport.Http2.Hpack;

/// <summary>A header in a table.</summary>
internal sealed class HpackEntry(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
{
    /// <summary>What an entry counts beside its bytes. Source: RFC 7541, section 4.1.</summary>
    public const int OverheadBytes = 32;

    public byte[] Name { get; } = name.ToArray();

    public byte[] Value { get; } = value.ToArray();

    public int Size => Name.Length + Value.Length + OverheadBytes;
}
