using Etcd.Discovery.Dns;
using Etcd.Disk;
using Etcd.Hosting.Settings;
using Etcd.Hosting.Tls;
using Etcd.Server;
using Etcd.Server.Bootstrap;
using Etcd.Server.Membership;
using Etcd.Wal;
using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Discovery;

/// <summary>Finds the members of a cluster to found where the settings do not list them.</summary>
internal static class InitialClusterDiscovery
{
    /// <summary>Completes the configuration of a member.</summary>
    /// <returns>The same where nothing is to be found out: the members are given, or the member has data.</returns>
    /// <exception cref="BootstrapException">The members cannot be found.</exception>
    internal static async Task<ServerOptions> CompleteAsync(
        ServerOptions options, MemberSettings settings, IFileSystem disk, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        if (settings.DiscoverySrv.Length == 0 && settings.Discovery is null && !settings.V3Discovery.IsUsed)
        {
            return options;
        }

        var log = new DiscoveryLog(loggers.CreateLogger(typeof(InitialClusterDiscovery)));
        var directory = new DataDirectory(options.DataDirectory, options.WalDirectory);

        // Before others hear of this member: it must be able to keep what it promises them.
        directory.Prepare(disk);
        if (WriteAheadLog.Exists(disk, directory.Wal))
        {
            log.Ignored(directory.Wal);
            return options;
        }

        if (settings.Discovery is { } url)
        {
            using var service = new V2DiscoveryService(url, settings.DiscoveryProxy);
            return await MeetAsync(options, url.OriginalString, service, log, cancellationToken);
        }

        if (settings.V3Discovery.IsUsed)
        {
            log.UsesV3(settings.V3Discovery.Token, string.Join(',', settings.V3Discovery.Endpoints));
            await using var service = new V3DiscoveryService(
                settings.V3Discovery, log, new TlsLog(loggers.CreateLogger(typeof(InitialClusterDiscovery))));
            return await MeetAsync(options, settings.V3Discovery.Token, service, log, cancellationToken);
        }

        return await LookUpAsync(options, settings, log, cancellationToken);
    }

    // The token of the discovery is that of the cluster: members that met elsewhere have other ids.
    private static async Task<ServerOptions> MeetAsync(
        ServerOptions options, string token, IDiscoveryService service, DiscoveryLog log, CancellationToken cancellationToken)
    {
        string id = Member.FormatId(MemberIds.ForMember(options.AdvertisePeerUrls, token));
        string value = string.Join(
            ',', options.AdvertisePeerUrls.Order(StringComparer.Ordinal).Select(peer => $"{options.Name}={peer}"));
        string members = await new DiscoveryRendezvous(service, TimeProvider.System, log).JoinAsync(id, value, cancellationToken);
        return options with { InitialCluster = InitialClusterText.Read(members), InitialClusterToken = token };
    }

    private static async Task<ServerOptions> LookUpAsync(
        ServerOptions options, MemberSettings settings, DiscoveryLog log, CancellationToken cancellationToken)
    {
        string members = await new SrvCluster(settings, new SrvResolver(ResolverFile.Read()), log).FindAsync(cancellationToken);

        // Without an authority of its own the cluster is known by its domain.
        if (members.Contains("https://", StringComparison.Ordinal) && settings.PeerTls.TrustedAuthorityFile.Length == 0)
        {
            settings.PeerTls.ServerName = settings.DiscoverySrv;
        }

        return options with { InitialCluster = InitialClusterText.Read(members) };
    }
}
