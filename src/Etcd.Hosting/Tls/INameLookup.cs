using System.Net;

namespace Etcd.Hosting.Tls;

/// <summary>The resolver.</summary>
internal interface INameLookup
{
    /// <summary>The addresses of a host name.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">It is not known.</exception>
    Task<IPAddress[]> AddressesOfAsync(string name, CancellationToken cancellationToken);

    /// <summary>The names of an address.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">It has none.</exception>
    Task<IReadOnlyList<string>> NamesOfAsync(IPAddress address, CancellationToken cancellationToken);
}
