namespace Etcd.Auth;

/// <summary>Orders names by their UTF-8 bytes, as the file does. UTF-16 order differs where surrogates meet U+E000 and above.</summary>
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

        return Rank(left[same]).CompareTo(Rank(right[same]));
    }

    // Surrogates stand for code points above all of the basic plane.
    private static int Rank(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
}
