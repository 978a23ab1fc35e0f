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
        bool isNew = peer.Activity.IsNewRefusal(text);
        switch (answer.StatusCode)
        {
            case HttpStatusCode.Gone or HttpStatusCode.Forbidden:
                peer.Log.SelfRemoved(peer.SelfName, peer.PeerName);
                peer.Inbox.Receiver.OnSelfRemoved(peer.PeerId);
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
                    LogOtherCluster(peer, answer);
                }

                return text;
            default:
                return $"unexpected http status {(int)answer.StatusCode} from peer {peer.PeerName}: {text}";
        }
    }

    private static void LogOtherCluster(PeerContext peer, HttpResponseMessage answer)
    {
        string theirs = answer.Headers.TryGetValues(PeerHeaders.ClusterId, out IEnumerable<string>? values) ? values.First() : "";
        string own = PeerHeaders.FormatId(peer.Requests.Self.ClusterId);
        peer.Log.IgnoredForCluster(peer.PeerName, theirs, peer.SelfName, own, PeerRefusals.ClusterIdMismatch);
    }
}
