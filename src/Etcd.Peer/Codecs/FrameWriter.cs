using System.Buffers;
using System.Buffers.Binary;

namespace Etcd.Peer.Codecs;

/// <summary>Writes frames straight into the memory of a connection, and asks it for more memory only when the last piece is full.</summary>
/// <remarks>What was written counts only after <see cref="Commit"/>.</remarks>
internal ref struct FrameWriter
{
    private readonly IBufferWriter<byte> _output;
    private Span<byte> _piece;
    private int _used;
    private long _committed;

    public FrameWriter(IBufferWriter<byte> output)
    {
        _output = output;
        _piece = default;
        _used = 0;
        _committed = 0;
    }

    /// <summary>Bytes written so far.</summary>
    public readonly long Written => _committed + _used;

    /// <summary>Memory of at least <paramref name="bytes"/> bytes to write into; <see cref="Advance"/> follows.</summary>
    public Span<byte> Reserve(int bytes)
    {
        if (_piece.Length - _used < bytes)
        {
            Commit();
            _piece = _output.GetSpan(bytes);
        }

        return _piece[_used..];
    }

    /// <summary>Counts bytes written into what <see cref="Reserve"/> gave.</summary>
    public void Advance(int bytes) => _used += bytes;

    public void WriteByte(byte value)
    {
        Reserve(1)[0] = value;
        _used++;
    }

    /// <summary>Writes a number as all frames have them: eight bytes, big-endian.</summary>
    public void WriteUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Reserve(sizeof(ulong)), value);
        _used += sizeof(ulong);
    }

    /// <summary>Copies bytes, in as many pieces as the connection gives.</summary>
    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Span<byte> free = Reserve(1);
            int count = Math.Min(free.Length, bytes.Length);
            bytes[..count].CopyTo(free);
            _used += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>Hands what was written to the connection.</summary>
    public void Commit()
    {
        if (_used > 0)
        {
            _output.Advance(_used);
            _committed += _used;
            _used = 0;
        }

        _piece = default;
    }
}
