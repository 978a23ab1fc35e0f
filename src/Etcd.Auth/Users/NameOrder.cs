namespace Etcd.Auth;

/// <summary>Orders names by their bytes, as the file does. UTF-16 order differs where surrogates meet U+E000 and above.</summary>
internal sealed class NameOrder : IComparer<string>
{
    internal static NameOrder Instance { get; } = new();

    /// <inheritdoc />
    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> left = x;
        ReadOnlySpan<char> right = y;
        int same = left.CommonPrefixLength(right);
        if (same == left.Length || same == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        // Surrogates stand for code points above all of the basic plane, or for bytes that are no text.
        return char.IsSurrogate(left[same]) || char.IsSurrogate(right[same])
            ? AuthName.ToBytes(x!).AsSpan().SequenceCompareTo(AuthName.ToBytes(y!))
            : left[same].CompareTo(right[same]);
    }
}
