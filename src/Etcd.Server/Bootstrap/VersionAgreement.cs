using Etcd.Peer;
using Etcd.Server.Membership;

namespace Etcd.Server.Bootstrap;

/// <summary>Asks the members of a running cluster whether it is at a version that this one can take part in.</summary>
internal sealed class VersionAgreement(IPeerQueries queries, TimeProvider time)
{
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(1);
    private static readonly Version Oldest = new(3, 0);

    /// <summary>Checks all versions that can be read.</summary>
    /// <exception cref="BootstrapException">None can be, or one of them does not fit; the text is etcd's.</exception>
    internal async Task CheckAsync(IReadOnlyList<Member> others, CancellationToken cancellationToken)
    {
        Version own = MinorOf(EtcdVersion.Compatibility)!;
        (Version lowest, Version highest) = await IsDowngradingAsync(others, cancellationToken).ConfigureAwait(false)
            ? (new Version(own.Major, own.Minor + 1), new Version(own.Major, own.Minor + 1))
            : (Oldest, own);
        bool anyRead = false;
        foreach (Member other in others)
        {
            PeerVersionAnswer? answer = await FirstAsync(other, queries.GetVersionAsync, cancellationToken).ConfigureAwait(false);
            if (answer is null || MinorOf(answer.Cluster) is not { } version)
            {
                continue;
            }

            anyRead = true;
            if (version < lowest || version > highest)
            {
                throw Incompatible();
            }
        }

        if (!anyRead)
        {
            throw Incompatible();
        }
    }

    private static BootstrapException Incompatible() => new("incompatible with current running cluster");

    // "not_decided" is no version.
    private static Version? MinorOf(string text) =>
        Version.TryParse(text, out Version? version) ? new Version(version.Major, version.Minor) : null;

    private async Task<bool> IsDowngradingAsync(IReadOnlyList<Member> others, CancellationToken cancellationToken)
    {
        foreach (Member other in others)
        {
            object? answer = await FirstAsync<object>(
                    other, async (url, token) => await queries.GetDowngradeEnabledAsync(url, token).ConfigureAwait(false), cancellationToken)
                .ConfigureAwait(false);
            if (answer is bool enabled)
            {
                return enabled;
            }
        }

        return false;
    }

    private async Task<T?> FirstAsync<T>(Member member, Func<string, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
        where T : class
    {
        foreach (string url in member.PeerUrls)
        {
            using var limit = new CancellationTokenSource(AskPatience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            try
            {
                return await ask(url, either.Token).ConfigureAwait(false);
            }
            catch (PeerQueryException)
            {
                // The next URL may answer.
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // It was given its time.
            }
        }

        return null;
    }
}
