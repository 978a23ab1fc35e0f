using Etcdctl.CommandLine;

namespace Etcdctl.Connection;

/// <summary>Endpoints from DNS SRV records (<c>--discovery-srv</c>).</summary>
internal static class SrvDiscovery
{
    /// <returns>The endpoints; <see langword="null"/> when no domain is given or it has none.</returns>
    /// <exception cref="CommandFailedException">The records cannot be had.</exception>
    public static IReadOnlyList<string>? Endpoints(CommandContext context)
    {
        string domain = context.Flags["discovery-srv"].Value;
        if (domain.Length == 0)
        {
            return null;
        }

        string name = context.Flags["discovery-srv-name"].Value;
        string suffix = name.Length == 0 ? "" : "-" + name;
        List<string> endpoints = [];
        List<string> failures = [];
        Add("https", "etcd-client-ssl" + suffix);
        Add("http", "etcd-client" + suffix);
        if (endpoints.Count == 0 && failures.Count > 0)
        {
            throw CommandFailedException.Because(ExitCode.Error, string.Join("; ", failures));
        }

        if (!context.Flags["insecure-discovery"].IsOn)
        {
            endpoints.RemoveAll(endpoint => Ignore(endpoint, context));
        }

        return endpoints.Count == 0 ? null : endpoints;

        void Add(string scheme, string service)
        {
            try
            {
                foreach (SrvRecord record in SrvResolver.Resolve($"_{service}._tcp.{domain}"))
                {
                    endpoints.Add($"{scheme}://{record.Target}:{record.Port}");
                }
            }
            catch (IOException failure)
            {
                failures.Add($"error querying DNS SRV records for _{service} {failure.Message}");
            }
        }
    }

    private static bool Ignore(string endpoint, CommandContext context)
    {
        bool isInsecure = endpoint.StartsWith("http://", StringComparison.Ordinal);
        if (isInsecure)
        {
            context.Terminal.Error.WriteLine($"ignoring discovered insecure endpoint \"{endpoint}\"");
        }

        return isInsecure;
    }
}
