using Etcd.Protocol.Errors;
using Etcd.Protocol.Membership;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;
using Etcd.Server.Membership;

namespace Etcd.Server.Operations;

/// <summary>Prepares a cluster for members of the minor version below, and takes that back. Any thread; a refusal is an <see cref="EtcdException"/>.</summary>
/// <remarks>As at level 3.5: the intention is checked, replicated, kept and told to members that ask. Nothing has to be rewritten for it, since this
/// level writes what 3.4 reads.</remarks>
public sealed class DowngradeOperations
{
    private readonly DowngradeStore _store;
    private readonly ClusterMembership _membership;
    private readonly Proposals _proposals;
    private readonly ReadGate _gate;
    private readonly HeaderSource _headers;

    internal DowngradeOperations(
        DowngradeStore store, ClusterMembership membership, Proposals proposals, ReadGate gate, HeaderSource headers)
    {
        _store = store;
        _membership = membership;
        _proposals = proposals;
        _gate = gate;
        _headers = headers;
    }

    /// <summary>Version the cluster is about to go down to; empty when it is not.</summary>
    public string Target => _store.Target;

    /// <summary>Checks, begins or takes back a downgrade.</summary>
    /// <returns>The reply, with the version of the cluster.</returns>
    /// <exception cref="EtcdException">The version is none, or not the one below; a downgrade is under way already, or none is.</exception>
    public async ValueTask<DowngradeResponse> DowngradeAsync(DowngradeRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        (string version, string target) = await _gate
            .ReadAsync(() => (_membership.View.ClusterVersion, _store.Target), cancellationToken)
            .ConfigureAwait(false);
        switch (request.Action)
        {
            case DowngradeRequest.Types.DowngradeAction.Validate:
                Check(request.Version, version, target);
                break;
            case DowngradeRequest.Types.DowngradeAction.Enable:
                string wanted = Check(request.Version, version, target);
                await SetAsync(new DowngradeInfoSetRequest { Enabled = true, Ver = wanted }).ConfigureAwait(false);
                break;
            case DowngradeRequest.Types.DowngradeAction.Cancel when target.Length == 0:
                throw new EtcdException(EtcdErrorCode.NoInflightDowngrade);
            case DowngradeRequest.Types.DowngradeAction.Cancel:
                await SetAsync(new DowngradeInfoSetRequest()).ConfigureAwait(false);
                break;
            default:
                throw new EtcdException(EtcdErrorCode.InvalidRequestOption);
        }

        return new DowngradeResponse { Header = _headers.Create(), Version = version };
    }

    // In etcd's order: the form, then the version, then whether one is under way.
    private static string Check(string wanted, string current, string target)
    {
        if (!TryParse(wanted, out Version version))
        {
            throw new EtcdException(EtcdErrorCode.WrongDowngradeVersionFormat);
        }

        if (!TryParse(current, out Version cluster))
        {
            throw new EtcdException(EtcdErrorCode.ClusterVersionUnavailable);
        }

        if (version.Major != cluster.Major || version.Minor != cluster.Minor - 1)
        {
            throw new EtcdException(EtcdErrorCode.InvalidDowngradeTargetVersion);
        }

        if (target.Length > 0)
        {
            throw new EtcdException(EtcdErrorCode.DowngradeInProcess);
        }

        return $"{version.Major}.{version.Minor}.0";
    }

    private static bool TryParse(string text, out Version version)
    {
        // "3.4" and "3.4.1" are versions; what .NET takes beyond that is not.
        bool isVersion = Version.TryParse(text, out Version? parsed) && text.Count(sign => sign == '.') is 1 or 2;
        version = isVersion ? parsed! : new Version(0, 0);
        return isVersion;
    }

    private async ValueTask SetAsync(DowngradeInfoSetRequest info) =>
        await _proposals.ProposeAsync(new InternalRaftRequest { DowngradeInfoSet = info }).ConfigureAwait(false);
}
