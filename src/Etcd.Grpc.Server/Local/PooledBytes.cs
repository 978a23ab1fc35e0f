using System.Buffers;

namespace Etcd.Grpc.Server.Local;

/// <summary>Bytes that grow as they are written, in memory from the shared pool, open for reading and mending until disposed. One owner.</summary>
public sealed class PooledBytes : IBufferWriter<byte>, IDisposable
{
    private const int FirstBytes = 512;

    // A stream that once carried a large message must not hold on to its memory for the rest of its life.
    private const int KeptBytesMax = 64 * 1024;

    private byte[] _bytes;
    private int _length;

    /// <summary>Creates an empty buffer.</summary>
    /// <param name="capacity">Room to begin with, in bytes.</param>
    public PooledBytes(int capacity = FirstBytes) => _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(capacity, 1));

    /// <summary>Bytes written so far.</summary>
    public int WrittenCount => _length;

    /// <summary>What was written; valid until the next write.</summary>
    public Span<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlyMemory<byte> WrittenMemory => _bytes.AsMemory(0, _length);

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_bytes.Length - _length), nameof(count));
        _length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(_length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(_length);
    }

    /// <summary>Writes one byte.</summary>
    public void Add(byte value)
    {
        Reserve(1);
        _bytes[_length++] = value;
    }

    /// <summary>Writes bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>Forgets the bytes from a position on.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_length, nameof(length));
        _length = length;
    }

    /// <summary>Forgets the first bytes; the rest moves to the front.</summary>
    public void RemoveFirst(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)_length, nameof(count));
        if (count == _length)
        {
            Clear();
            return;
        }

        _bytes.AsSpan(count, _length - count).CopyTo(_bytes);
        _length -= count;
    }

    /// <summary>Forgets all bytes; much memory goes back to the pool.</summary>
    public void Clear()
    {
        _length = 0;
        if (_bytes.Length > KeptBytesMax)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = ArrayPool<byte>.Shared.Rent(FirstBytes);
        }
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        _length = 0;
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Reserve(int sizeHint)
    {
        int needed = Math.Max(sizeHint, 1);
        if (_bytes.Length - _length >= needed)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(checked(Math.Max(_length + needed, (int)Math.Min(Array.MaxLength, _bytes.Length * 2L))));
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
