using System.Globalization;

namespace Etcdctl.Mirroring;

/// <summary>The source has forgotten changes that the mirror had still to copy.</summary>
/// <param name="message">What the source said.</param>
/// <param name="compactRevision">Oldest revision the source still has; 0 when it did not say.</param>
/// <param name="copiedRevision">Newest revision whose changes are all at the destination; 0: none.</param>
internal sealed class SourceCompactedException(string message, long compactRevision, long copiedRevision) : Exception(message)
{
    /// <summary>What that means, and what to do.</summary>
    public string Advice { get; } =
        $"The source was compacted{(compactRevision == 0 ? "" : " at revision " + Text(compactRevision))} under the mirror, which holds its changes up to "
        + $"revision {Text(copiedRevision)}. What was deleted in between would stay at the destination: empty it and start the mirror anew.";

    private static string Text(long revision) => revision.ToString(CultureInfo.InvariantCulture);
}
