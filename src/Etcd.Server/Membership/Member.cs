using System.Globalization;

namespace Etcd.Server.Membership;

/// <summary>One member of the cluster. Immutable.</summary>
/// <param name="Id">Identity, unique for the cluster's whole life; never 0.</param>
/// <param name="PeerUrls">Where other members reach it, ascending.</param>
/// <param name="IsLearner">Receives the log but has no vote.</param>
/// <param name="Name">Name it published; empty until it has started.</param>
/// <param name="ClientUrls">Where clients reach it; empty until it has started.</param>
public sealed record Member(
    ulong Id,
    IReadOnlyList<string> PeerUrls,
    bool IsLearner,
    string Name,
    IReadOnlyList<string> ClientUrls)
{
    /// <summary>Whether the member has published its name and client URLs.</summary>
    public bool HasStarted => Name.Length > 0;

    /// <summary>The id as etcd writes it in paths, logs and bucket keys: hexadecimal, lower case, not padded.</summary>
    public static string FormatId(ulong id) => id.ToString("x", CultureInfo.InvariantCulture);
}
