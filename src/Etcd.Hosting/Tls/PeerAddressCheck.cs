using System.Net;
using System.Net.Sockets;

namespace Etcd.Hosting.Tls;

/// <summary>Whether a peer connects from an address its certificate is for: one that stands in it, or one that a name in it resolves to.</summary>
/// <remarks>As in etcd: a certificate without any address or name is good everywhere; a name with <c>*</c> is compared with the names the
/// address has in reverse DNS.</remarks>
internal sealed class PeerAddressCheck(INameLookup lookup)
{
    // A resolver that does not answer must not hold the connection for longer.
    private static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Judges a connection.</summary>
    /// <returns>What is wrong, in etcd's words.</returns>
    public async ValueTask<string?> CheckAsync(CertificateHosts hosts, IPAddress address, CancellationToken cancellationToken)
    {
        IPAddress remote = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if ((hosts.Addresses.Count == 0 && hosts.Names.Count == 0) || hosts.Addresses.Contains(remote))
        {
            return null;
        }

        if (hosts.Names.Count == 0)
        {
            return $"x509: certificate is valid for {string.Join(", ", hosts.Addresses)}, not {remote}";
        }

        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(LookupTimeout);
        var failures = new List<string>();
        try
        {
            if (await HasNamePatternAsync(hosts, remote, failures, timeout.Token)
                || await ResolvesToAsync(hosts, remote, failures, timeout.Token))
            {
                return null;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            failures.Add("the resolver did not answer in time");
        }

        string names = string.Join(' ', hosts.Names.Select(name => $"\"{name}\""));
        return $"tls: \"{remote}\" does not match any of DNSNames [{names}]"
            + (failures.Count > 0 ? $" (lookup errors: {string.Join("; ", failures)})" : string.Empty);
    }

    private async ValueTask<bool> HasNamePatternAsync(
        CertificateHosts hosts, IPAddress remote, List<string> failures, CancellationToken cancellationToken)
    {
        if (!hosts.Names.Any(IsPattern))
        {
            return false;
        }

        try
        {
            foreach (string name in await lookup.NamesOfAsync(remote, cancellationToken))
            {
                // "a.b.example" fits "*.b.example": its own first label is what the star stands for.
                int dot = name.IndexOf('.', StringComparison.Ordinal);
                string parent = dot < 0 ? string.Empty : name[(dot + 1)..].TrimEnd('.');
                if (hosts.Names.Any(pattern => IsPattern(pattern) && pattern[2..].Equals(parent, StringComparison.OrdinalIgnoreCase)))
                {
                    return true;
                }
            }
        }
        catch (SocketException failure)
        {
            failures.Add($"lookup {remote}: {failure.Message}");
        }

        return false;
    }

    private async ValueTask<bool> ResolvesToAsync(
        CertificateHosts hosts, IPAddress remote, List<string> failures, CancellationToken cancellationToken)
    {
        foreach (string name in hosts.Names.Where(name => !IsPattern(name)))
        {
            try
            {
                if ((await lookup.AddressesOfAsync(name, cancellationToken)).Contains(remote))
                {
                    return true;
                }
            }
            catch (SocketException failure)
            {
                failures.Add($"lookup {name}: {failure.Message}");
            }
        }

        return false;
    }

    private static bool IsPattern(string name) => name.StartsWith("*.", StringComparison.Ordinal);
}
