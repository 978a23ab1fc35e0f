using System.Net;

using Etcd.Peer.Links;

namespace Etcd.Peer.Http;

/// <summary>What an answer to a <c>/raft</c> request means.</summary>
internal static class PeerAnswer
{
    /// <summary>Looks at an answer, and tells whoever has to know if it is a refusal.</summary>
    /// <param name="peer">Who answered.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="expected">The status of success.</param>
    /// <param name="cancellationToken">Gives up reading the body.</param>
    /// <returns><see langword="null"/> for success, otherwise what is wrong.</returns>
    public static async ValueTask<string?> FaultOfAsync(
        PeerContext peer, HttpResponseMessage answer, HttpStatusCode expected, CancellationToken cancellationToken)
    {
        if (answer.StatusCode == expected)
        {
            return null;
        }

        string text = await PeerAnswerBody.ReadTextAsync(answer, cancellationToken).ConfigureAwait(false);
        string cluster = answer.Headers.TryGetValues(PeerHeaders.ClusterId, out IEnumerable<string>? values) ? values.First() : "";
        return FaultOf(peer, answer.StatusCode, cluster, text);
    }

    /// <summary>Looks at a refusal, and tells whoever has to know.</summary>
    /// <param name="peer">Who answered.</param>
    /// <param name="status">Status of the answer.</param>
    /// <param name="clusterId">Cluster that the answer names, or nothing.</param>
    /// <param name="text">Its body without the line end.</param>
    /// <returns>What is wrong.</returns>
    public static string FaultOf(PeerContext peer, HttpStatusCode status, string clusterId, string text)
    {
        bool isNew = peer.Activity.IsNewRefusal(text);
        switch (status)
        {
            case HttpStatusCode.Gone or HttpStatusCode.Forbidden:
                peer.Inbox.OnSelfRemoved(peer.PeerId);
                return PeerRefusals.Removed;
            case HttpStatusCode.PreconditionFailed when text == PeerRefusals.IncompatibleVersion:
                if (isNew)
                {
                    peer.Log.IgnoredForVersion(peer.SelfName, peer.PeerName, text);
                }

                return text;
            case HttpStatusCode.PreconditionFailed when text == PeerRefusals.ClusterIdMismatch:
                if (isNew)
                {
                    string own = PeerHeaders.FormatId(peer.Requests.Self.ClusterId);
                    peer.Log.IgnoredForCluster(peer.PeerName, clusterId, peer.SelfName, own, PeerRefusals.ClusterIdMismatch);
                }

                return text;
            default:
                return $"unexpected http status {(int)status} from peer {peer.PeerName}: {text}";
        }
    }
}
