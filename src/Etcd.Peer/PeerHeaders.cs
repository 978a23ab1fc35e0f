using System.Globalization;

namespace Etcd.Peer;

/// <summary>Names in the heads of requests and answers between members, and how ids stand there.</summary>
public static class PeerHeaders
{
    /// <summary>Member that sends; an id.</summary>
    public const string From = "X-Server-From";

    /// <summary>Full version of the sender.</summary>
    public const string Version = "X-Server-Version";

    /// <summary>Oldest version the sender works with.</summary>
    public const string ClusterVersionMin = "X-Min-Cluster-Version";

    /// <summary>Cluster of the sender; an id.</summary>
    public const string ClusterId = "X-Etcd-Cluster-Id";

    /// <summary>Member a stream is asked of; an id.</summary>
    public const string To = "X-Raft-To";

    /// <summary>Where the sender is reached, separated by commas.</summary>
    public const string PeerUrls = "X-PeerURLs";

    /// <summary>An id as members write it: hexadecimal, lower case, not padded.</summary>
    public static string FormatId(ulong id) => id.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Reads an id.</summary>
    /// <returns><see langword="false"/> when the text is none.</returns>
    public static bool TryParseId(string? text, out ulong id) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
}
