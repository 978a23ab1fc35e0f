using System.Security.Cryptography;

using Etcd.Server.Membership;

namespace Etcd.Server.Access;

/// <summary>What members of etcd 3.4 need otherwise than others. The version that the cluster has agreed on is that of its oldest member; until all
/// members could be asked it stands at its lowest value, which tells nothing.</summary>
internal sealed class OlderMembers(ClusterMembership membership)
{
    private const int UnknowableLetters = 64;

    private static readonly Version Undecided = new(3, 0);
    private static readonly Version Version35 = new(3, 5);

    /// <summary>Whether the cluster has members of 3.4. Any thread.</summary>
    internal bool ArePresent => TryGetAgreed(out Version agreed) && agreed < Version35;

    /// <summary>What an entry has as password beside its hash. A member of 3.4 knows nothing of hashes in entries: it hashes what stands here, and nothing
    /// would let everybody in as that user. Real 3.5 leaves it empty all the same.</summary>
    /// <param name="password">The password.</param>
    internal string PasswordBesideHash(string password)
    {
        if (!TryGetAgreed(out Version agreed))
        {
            // Whoever turns out to be of 3.4 lets nobody in as that user, until the password is set again.
            return RandomNumberGenerator.GetHexString(UnknowableLetters);
        }

        return agreed < Version35 ? password : string.Empty;
    }

    private bool TryGetAgreed(out Version agreed) =>
        ClusterVersionMonitor.TryParse(membership.View.ClusterVersion, out agreed) && agreed > Undecided;
}
