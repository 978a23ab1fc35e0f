using System.Globalization;

namespace Etcd.Peer;

/// <summary>The part of a version that decides whether members work together.</summary>
/// <param name="Major">First number.</param>
/// <param name="Minor">Second number.</param>
public readonly record struct PeerVersion(int Major, int Minor) : IComparable<PeerVersion>
{
    /// <summary>What a member that names no version is taken for.</summary>
    public static readonly PeerVersion Unnamed = new(2, 0);

    /// <summary>Reads the first two numbers of a full version.</summary>
    /// <param name="text">As <c>3.5.30</c>, perhaps with a pre-release behind it; absent is <see cref="Unnamed"/>.</param>
    /// <param name="version">The version.</param>
    /// <returns><see langword="false"/> when the text is no version.</returns>
    public static bool TryParse(string? text, out PeerVersion version)
    {
        if (string.IsNullOrEmpty(text))
        {
            version = Unnamed;
            return true;
        }

        version = default;
        string[] parts = text.Split('.', 3);
        if (parts.Length < 3
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor)
            || parts[2].Length == 0
            || !char.IsAsciiDigit(parts[2][0]))
        {
            return false;
        }

        version = new PeerVersion(major, minor);
        return true;
    }

    /// <inheritdoc />
    public int CompareTo(PeerVersion other) => Major != other.Major ? Major.CompareTo(other.Major) : Minor.CompareTo(other.Minor);

    /// <summary>Whether the left one is older.</summary>
    public static bool operator <(PeerVersion left, PeerVersion right) => left.CompareTo(right) < 0;

    /// <summary>Whether the left one is newer.</summary>
    public static bool operator >(PeerVersion left, PeerVersion right) => left.CompareTo(right) > 0;

    /// <summary>Whether the left one is not newer.</summary>
    public static bool operator <=(PeerVersion left, PeerVersion right) => left.CompareTo(right) <= 0;

    /// <summary>Whether the left one is not older.</summary>
    public static bool operator >=(PeerVersion left, PeerVersion right) => left.CompareTo(right) >= 0;
}
