using Etcd.Discovery.Dns;
using Etcdctl.CommandLine;
using Etcdctl.Output;

namespace Etcdctl.Connection;

/// <summary>Endpoints from DNS SRV records (<c>--discovery-srv</c>).</summary>
internal static class SrvDiscovery
{
    /// <summary>The endpoints of the v3 flags.</summary>
    /// <returns>The endpoints; <see langword="null"/> when no domain is given or it has none that may be used.</returns>
    /// <exception cref="CommandFailedException">The records cannot be had.</exception>
    public static IReadOnlyList<string>? Endpoints(CommandContext context)
    {
        string domain = context.Flags["discovery-srv"].Value;
        return domain.Length == 0
            ? null
            : Find(
                domain, context.Flags["discovery-srv-name"].Value, context.Flags["insecure-discovery"].IsOn, context.Terminal, complaint: "Error: ");
    }

    /// <summary>The endpoints of a domain.</summary>
    /// <remarks>Apart, so that a command without the flag does not load what looks names up.</remarks>
    /// <param name="domain">The domain.</param>
    /// <param name="serviceName">Suffix of the service's name; empty for none.</param>
    /// <param name="takesInsecure">Whether endpoints without TLS are taken.</param>
    /// <param name="terminal">Where those that are not taken are named.</param>
    /// <param name="complaint">What a failure's text begins with.</param>
    /// <returns>The endpoints; <see langword="null"/> when there is none that may be used.</returns>
    /// <exception cref="CommandFailedException">The records cannot be had.</exception>
    public static IReadOnlyList<string>? Find(string domain, string serviceName, bool takesInsecure, Terminal terminal, string complaint)
    {
        List<string> endpoints;
        try
        {
            endpoints =
            [
                .. SrvEndpoints.FindAsync(new SrvResolver(ResolverFile.Read()), domain, serviceName, CancellationToken.None).GetAwaiter().GetResult(),
            ];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException(ExitCode.Error, complaint + failure.Message);
        }

        if (!takesInsecure)
        {
            endpoints.RemoveAll(endpoint => Ignore(endpoint, terminal));
        }

        return endpoints.Count == 0 ? null : endpoints;
    }

    private static bool Ignore(string endpoint, Terminal terminal)
    {
        bool isInsecure = endpoint.StartsWith("http://", StringComparison.Ordinal);
        if (isInsecure)
        {
            terminal.Error.WriteLine($"ignoring discovered insecure endpoint \"{endpoint}\"");
        }

        return isInsecure;
    }
}
