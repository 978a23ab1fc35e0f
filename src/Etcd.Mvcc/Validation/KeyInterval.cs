using Etcd.Protocol.Rpc;

namespace Etcd.Mvcc.Validation;

/// <summary>The keys from <paramref name="Begin"/> up to, not including, <paramref name="End"/>.</summary>
internal readonly record struct KeyInterval(ReadOnlyMemory<byte> Begin, ReadOnlyMemory<byte> End)
{
    /// <summary>The keys a delete counts as when it is held against puts.</summary>
    /// <remarks>
    /// As in etcd, an end that is not above the key stands for the key alone. That holds for the one zero byte of "all keys
    /// from here on" too: etcd accepts such a delete beside a put of a later key, and so must we.
    /// </remarks>
    public static KeyInterval Of(DeleteRangeRequest request)
    {
        ReadOnlyMemory<byte> key = request.Key.Memory;
        ReadOnlyMemory<byte> end = request.RangeEnd.Memory;
        return end.Span.SequenceCompareTo(key.Span) > 0 ? new KeyInterval(key, end) : new KeyInterval(key, Successor(key.Span));
    }

    private static byte[] Successor(ReadOnlySpan<byte> key)
    {
        byte[] next = new byte[key.Length + 1];
        key.CopyTo(next);
        return next;
    }
}
