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
    /// <exception cref="IOException">DNS has no records.</exception>
    /// <exception cref="FormatException">There are no endpoints.</exception>
    internal static async Task<IReadOnlyList<string>> FindAsync(ParseResult parsed, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        string domain = parsed.GetRequiredValue(Domain);
        IReadOnlyList<string> found = domain.Length == 0 ? [] : await DiscoverAsync(parsed, domain, loggers, cancellationToken).ConfigureAwait(false);
        if (found.Count > 0)
        {
            return found;
        }

        string[] listed = FlagValues.Items(parsed.GetValue(Endpoints));
        return listed.Length > 0 ? listed : throw new FormatException("no endpoints given");
    }

    private static async Task<IReadOnlyList<string>> DiscoverAsync(
        ParseResult parsed, string domain, ILoggerFactory loggers, CancellationToken cancellationToken)
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

        string[] secure = [.. endpoints.Where(endpoint => endpoint.StartsWith("https://", StringComparison.Ordinal))];
        if (secure.Length < endpoints.Count)
        {
            log.LeftOut(domain, secure, string.Join(", ", endpoints.Except(secure).Select(endpoint => $"\"{endpoint}\" is insecure")));
        }

        return secure;
    }
}
