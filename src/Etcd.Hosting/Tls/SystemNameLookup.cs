using System.Net;

namespace Etcd.Hosting.Tls;

/// <summary>The system's resolver.</summary>
internal sealed class SystemNameLookup : INameLookup
{
    /// <inheritdoc />
    public Task<IPAddress[]> AddressesOfAsync(string name, CancellationToken cancellationToken) =>
        Dns.GetHostAddressesAsync(name, cancellationToken);

    /// <inheritdoc />
    public async Task<IReadOnlyList<string>> NamesOfAsync(IPAddress address, CancellationToken cancellationToken)
    {
        IPHostEntry entry = await Dns.GetHostEntryAsync(address.ToString(), cancellationToken);
        return [entry.HostName, .. entry.Aliases];
    }
}
