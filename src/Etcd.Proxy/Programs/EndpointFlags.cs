using System.CommandLine;

using Etcd.Discovery.Dns;

using Microsoft.Extensions.Logging;

namespace Etcd.Proxy.Programs;

/// <summary>The flags that say where the members are: a list, or SRV records of DNS.</summary>
internal static class EndpointFlags
{
    private static readonly Option<string> Endpoints = FlagValues.Text("endpoints", "127.0.0.1:2379", "comma separated etcd cluster endpoints");

    private static readonly Option<string> Domain = FlagValues.Text("discovery-srv", "", "DNS domain used to bootstrap initial cluster");

    private static readonly Option<string> ServiceName =
        FlagValues.Text("discovery-srv-name", "", "service name to query when using DNS discovery");

    private static readonly Option<bool> TakesInsecure =
        FlagValues.Switch("insecure-discovery", "accept insecure SRV records: endpoints without TLS");

    internal static void AddTo(Command command)
    {
        foreach (Option option in new Option[] { Endpoints, Domain, ServiceName, TakesInsecure })
        {
            command.Add(option);
        }
    }

    /// <summary>Finds the endpoints. Those of DNS come before a list; without any that may be used the list is taken, as in etcd.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="authorities">File of the authorities that must vouch for what DNS names; empty takes it as it is.</param>
    /// <param name="loggers">Where it is told what was found.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">DNS has no records.</exception>
    /// <exception cref="FormatException">There are no endpoints, or the file of authorities cannot be used.</exception>
    internal static async Task<IReadOnlyList<string>> FindAsync(
        ParseResult parsed, string authorities, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        string domain = parsed.GetRequiredValue(Domain);
        if (domain.Length > 0)
        {
            EndpointVerification? verification = authorities.Length > 0 ? new EndpointVerification(authorities, domain, loggers) : null;
            IReadOnlyList<string> found = await DiscoverAsync(parsed, domain, verification, loggers, cancellationToken).ConfigureAwait(false);
            if (found.Count > 0)
            {
                return found;
            }
        }

        string[] listed = FlagValues.Items(parsed.GetValue(Endpoints));
        return listed.Length > 0 ? listed : throw new FormatException("no endpoints given");
    }

    private static async Task<IReadOnlyList<string>> DiscoverAsync(
        ParseResult parsed, string domain, EndpointVerification? verification, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var log = new ProxyLog(loggers.CreateLogger<SrvResolver>());
        IReadOnlyList<string> endpoints = await SrvEndpoints
            .FindAsync(new SrvResolver(ResolverFile.Read()), domain, parsed.GetRequiredValue(ServiceName), cancellationToken)
            .ConfigureAwait(false);
        log.Discovered(domain, endpoints);
        if (parsed.GetValue(TakesInsecure))
        {
            return endpoints;
        }

        string?[] faults = await Task
            .WhenAll(endpoints.Select(endpoint => FaultOfAsync(endpoint, verification, cancellationToken)))
            .ConfigureAwait(false);
        string[] good = [.. endpoints.Zip(faults).Where(pair => pair.Second is null).Select(pair => pair.First)];
        if (good.Length < endpoints.Count)
        {
            log.LeftOut(domain, good, string.Join(", ", faults.OfType<string>()));
        }

        return good;
    }

    private static async Task<string?> FaultOfAsync(string endpoint, EndpointVerification? verification, CancellationToken cancellationToken)
    {
        if (!endpoint.StartsWith("https://", StringComparison.Ordinal))
        {
            return $"\"{endpoint}\" is insecure";
        }

        return verification is null ? null : await verification.FaultOfAsync(endpoint, cancellationToken).ConfigureAwait(false);
    }
}
