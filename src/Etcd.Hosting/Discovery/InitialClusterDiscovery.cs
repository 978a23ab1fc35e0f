using Etcd.Disk;
using Etcd.Discovery.Dns;
using Etcd.Hosting.Settings;
using Etcd.Server;
using Etcd.Server.Bootstrap;
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
        if (settings.DiscoverySrv.Length == 0)
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

        string members = await new SrvCluster(settings, new SrvResolver(ResolverFile.Read()), log).FindAsync(cancellationToken);

        // Without an authority of its own the cluster is known by its domain.
        if (members.Contains("https://", StringComparison.Ordinal) && settings.PeerTls.TrustedAuthorityFile.Length == 0)
        {
            settings.PeerTls.ServerName = settings.DiscoverySrv;
        }

        return options with { InitialCluster = InitialClusterText.Read(members) };
    }
}
