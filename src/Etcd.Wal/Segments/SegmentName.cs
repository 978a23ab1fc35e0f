using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Etcd.Wal.Segments;

/// <summary>Name of a segment: <c>sequence-index.wal</c>, both as 16 hexadecimal digits.</summary>
/// <param name="Sequence">Number of the segment, from 0, without gaps.</param>
/// <param name="FirstIndex">First log index that may be in the segment.</param>
internal readonly record struct SegmentName(ulong Sequence, ulong FirstIndex)
{
    internal const string Suffix = ".wal";

    private const int NumberChars = 16;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Sequence:x16}-{FirstIndex:x16}{Suffix}");

    internal static bool TryParse(string name, [NotNullWhen(true)] out SegmentName? segment)
    {
        segment = null;
        if (name.Length != (2 * NumberChars) + 1 + Suffix.Length
            || name[NumberChars] != '-'
            || !name.EndsWith(Suffix, StringComparison.Ordinal)
            || !TryParseNumber(name.AsSpan(0, NumberChars), out ulong sequence)
            || !TryParseNumber(name.AsSpan(NumberChars + 1, NumberChars), out ulong index))
        {
            return false;
        }

        segment = new SegmentName(sequence, index);
        return true;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> digits, out ulong number) =>
        ulong.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
}
