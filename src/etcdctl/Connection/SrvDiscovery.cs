using Etcd.Discovery.Dns;
using Etcdctl.CommandLine;

namespace Etcdctl.Connection;

/// <summary>Endpoints from DNS SRV records (<c>--discovery-srv</c>).</summary>
internal static class SrvDiscovery
{
    /// <returns>The endpoints; <see langword="null"/> when no domain is given or it has none that may be used.</returns>
    /// <exception cref="CommandFailedException">The records cannot be had.</exception>
    public static IReadOnlyList<string>? Endpoints(CommandContext context)
    {
        string domain = context.Flags["discovery-srv"].Value;
        return domain.Length == 0 ? null : Find(context, domain);
    }

    // Apart, so that a command without the flag does not load what looks names up.
    private static List<string>? Find(CommandContext context, string domain)
    {
        List<string> endpoints;
        try
        {
            endpoints =
            [
                .. SrvEndpoints
                    .FindAsync(new SrvResolver(ResolverFile.Read()), domain, context.Flags["discovery-srv-name"].Value, CancellationToken.None)
                    .GetAwaiter()
                    .GetResult(),
            ];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw CommandFailedException.Because(ExitCode.Error, failure.Message);
        }

        if (!context.Flags["insecure-discovery"].IsOn)
        {
            endpoints.RemoveAll(endpoint => Ignore(endpoint, context));
        }

        return endpoints.Count == 0 ? null : endpoints;
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
