using Google.Protobuf;

namespace Etcd.Proxy.Keys;

/// <summary>A range of keys as requests name it.</summary>
/// <param name="Start">The first key.</param>
/// <param name="End">The first key behind it; empty means <paramref name="Start"/> alone, one zero byte everything from there on.</param>
internal readonly record struct KeyInterval(ByteString Start, ByteString End)
{
    /// <summary>Whether it is one key.</summary>
    internal bool IsOne => End.IsEmpty;

    private bool IsOpen => End.Length == 1 && End[0] == 0;

    /// <summary>Whether there is a key in both.</summary>
    internal bool Meets(KeyInterval other) => !EndsBefore(other) && !other.EndsBefore(this);

    private bool EndsBefore(KeyInterval other)
    {
        if (IsOne)
        {
            return Start.Span.SequenceCompareTo(other.Start.Span) < 0;
        }

        return !IsOpen && End.Span.SequenceCompareTo(other.Start.Span) <= 0;
    }
}
