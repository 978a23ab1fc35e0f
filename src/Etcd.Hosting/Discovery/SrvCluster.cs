using System.Globalization;
using System.Net;
using System.Net.Sockets;

using Etcd.Discovery.Dns;
using Etcd.Hosting.Settings;
using Etcd.Server.Bootstrap;

namespace Etcd.Hosting.Discovery;

/// <summary>The members of a cluster from DNS: <c>_etcd-server-ssl._tcp</c> and <c>_etcd-server._tcp</c> of <c>--discovery-srv</c>.</summary>
/// <remarks>DNS knows addresses, not names: this member finds its own entry by its advertised peer URLs, and numbers the others.</remarks>
internal sealed class SrvCluster(MemberSettings settings, SrvResolver resolver, DiscoveryLog log)
{
    private readonly MemberSettings _settings = settings;
    private readonly SrvResolver _resolver = resolver;
    private readonly DiscoveryLog _log = log;
    private int _unnamed;

    /// <summary>Finds the members.</summary>
    /// <returns>They, in the form of <c>--initial-cluster</c>.</returns>
    /// <exception cref="BootstrapException">There are none, or this one is not among them; the text is etcd's.</exception>
    internal async Task<string> FindAsync(CancellationToken cancellationToken)
    {
        List<(Uri Url, IPAddress[] Addresses)> own = [];
        foreach (Uri url in _settings.AdvertisePeerUrls)
        {
            own.Add((url, await AddressesAsync(url.IdnHost.Trim('[', ']'), cancellationToken)));
        }

        List<string> nodes = [];
        List<string> failures = [];
        foreach ((string scheme, string service) in new[] { ("https", "etcd-server-ssl"), ("http", "etcd-server") })
        {
            (List<string> found, string? failure) = await NodesAsync(scheme, service, own, cancellationToken);
            nodes.AddRange(found);
            if (failure is not null)
            {
                failures.Add(failure);
            }
        }

        if (failures.Count > 0)
        {
            _log.LookUpFailed(string.Join("; ", failures));
        }

        if (nodes.Count == 0)
        {
            throw new BootstrapException($"error setting up initial cluster: {string.Join("; ", failures)}");
        }

        foreach (string node in nodes)
        {
            _log.FoundNode(node);
        }

        return nodes.Exists(node => node.StartsWith($"{_settings.Name}=", StringComparison.Ordinal))
            ? string.Join(',', nodes)
            : throw new BootstrapException(
                $"error setting up initial cluster: cannot find local etcd member \"{_settings.Name}\" in SRV records");
    }

    private async Task<(List<string> Nodes, string? Failure)> NodesAsync(
        string scheme, string service, List<(Uri Url, IPAddress[] Addresses)> own, CancellationToken cancellationToken)
    {
        string name = _settings.DiscoverySrvName.Length == 0 ? service : $"{service}-{_settings.DiscoverySrvName}";
        List<string> nodes = [];
        string? failure = null;
        try
        {
            foreach (SrvRecord record in await _resolver.ResolveAsync($"_{name}._tcp.{_settings.DiscoverySrv}", cancellationToken))
            {
                failure = await AddAsync(nodes, record, scheme, name, own, cancellationToken) ?? failure;
            }
        }
        catch (IOException unanswered)
        {
            failure = unanswered.Message;
        }

        // Entries that do not fit matter only where none does.
        failure = nodes.Count > 0 ? null : $"error querying DNS SRV records for _{name} {failure}";
        _log.LookedUp(
            service, scheme, name, _settings.Name, _settings.DiscoverySrv,
            [.. _settings.AdvertisePeerUrls.Select(url => url.OriginalString.TrimEnd('/'))], nodes, failure);
        return (nodes, failure);
    }

    private async Task<string?> AddAsync(
        List<string> nodes, SrvRecord record, string scheme, string service, List<(Uri Url, IPAddress[] Addresses)> own,
        CancellationToken cancellationToken)
    {
        IPAddress[] addresses;
        try
        {
            addresses = await AddressesAsync(record.Target, cancellationToken);
        }
        catch (BootstrapException unknown)
        {
            return unknown.Message;
        }

        string url = $"{scheme}://{record.Target}:{record.Port}";
        Uri? self = own.Find(candidate => candidate.Url.Port == record.Port && candidate.Addresses.Intersect(addresses).Any()).Url;
        if (self is not null && self.Scheme != scheme)
        {
            return $"bootstrap at {url} from DNS for {service} has scheme mismatch with expected peer {self.OriginalString}";
        }

        nodes.Add($"{(self is null ? NextName() : _settings.Name)}={url}");
        return null;
    }

    // Names tell members apart until each publishes its own.
    private string NextName()
    {
        string name;
        do
        {
            name = _unnamed++.ToString(CultureInfo.InvariantCulture);
        }
        while (name == _settings.Name);

        return name;
    }

    private static async Task<IPAddress[]> AddressesAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            return await System.Net.Dns.GetHostAddressesAsync(host, cancellationToken);
        }
        catch (Exception failure) when (failure is SocketException or ArgumentException)
        {
            throw new BootstrapException($"lookup {host}: {failure.Message}", failure);
        }
    }
}
