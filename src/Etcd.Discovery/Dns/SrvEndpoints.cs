namespace Etcd.Discovery.Dns;

/// <summary>Endpoints for clients from DNS: <c>_etcd-client-ssl._tcp</c> and <c>_etcd-client._tcp</c> of a domain.</summary>
public static class SrvEndpoints
{
    /// <summary>Finds the endpoints, those of TLS first.</summary>
    /// <param name="resolver">Asks the name servers.</param>
    /// <param name="domain">The domain.</param>
    /// <param name="serviceName">Suffix of the service's name; empty for none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>URLs, at least one.</returns>
    /// <exception cref="IOException">There are none; the text is etcd's.</exception>
    public static async Task<IReadOnlyList<string>> FindAsync(
        SrvResolver resolver, string domain, string serviceName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(resolver);
        ArgumentNullException.ThrowIfNull(serviceName);
        string suffix = serviceName.Length == 0 ? "" : "-" + serviceName;
        List<string> endpoints = [];
        List<string> failures = [];
        foreach ((string scheme, string service) in new[] { ("https", "etcd-client-ssl"), ("http", "etcd-client") })
        {
            try
            {
                foreach (SrvRecord record in await resolver
                    .ResolveAsync($"_{service}{suffix}._tcp.{domain}", cancellationToken)
                    .ConfigureAwait(false))
                {
                    endpoints.Add($"{scheme}://{record.Target}:{record.Port}");
                }
            }
            catch (IOException failure)
            {
                failures.Add(failure.Message);
            }
        }

        return endpoints.Count > 0 ? endpoints : throw new IOException($"dns lookup errors: {string.Join(" and ", failures)}");
    }
}
