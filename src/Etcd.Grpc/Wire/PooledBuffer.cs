using System.Buffers;

namespace Etcd.Grpc.Wire;

/// <summary>A growing buffer over rented memory, emptied and reused from message to message.</summary>
/// <remarks>Not safe for concurrent use. After <see cref="Dispose"/> nothing read from it is valid.</remarks>
internal sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    private const int FirstBytes = 1024;

    // A buffer that once held a large message must not stay large for the life of its owner.
    private const int KeptBytesMax = 64 * 1024;

    private byte[] _bytes = [];
    private int _count;

    public int Count => _count;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _count);

    public Span<byte> WrittenSpan => _bytes.AsSpan(0, _count);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - _count);
        _count += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(_count);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsSpan(_count);
    }

    /// <summary>Forgets the content; a large buffer goes back to the pool.</summary>
    public void Clear()
    {
        _count = 0;
        if (_bytes.Length > KeptBytesMax)
        {
            Dispose();
        }
    }

    public void Dispose()
    {
        byte[] bytes = _bytes;
        _bytes = [];
        _count = 0;
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Reserve(int extra)
    {
        if (_bytes.Length - _count >= extra)
        {
            return;
        }

        int wanted = checked(_count + extra);
        int doubled = (int)Math.Min(Array.MaxLength, Math.Max(FirstBytes, _bytes.Length * 2L));
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(wanted, doubled));
        _bytes.AsSpan(0, _count).CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }
}
