using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Etcd.Grpc.Server.Tls;

/// <summary>What a TLS port shows its clients and asks of them. Called for every connection, so that renewed files take effect.</summary>
/// <remarks>Faults are told in Go's words, which operators search for; <see langword="null"/> is no fault.</remarks>
public interface ITlsPolicy
{
    /// <summary>Makes the settings of one handshake. The port sets the validation callback itself.</summary>
    SslServerAuthenticationOptions CreateOptions();

    /// <summary>Judges what the client showed, during the handshake.</summary>
    /// <param name="certificate">The client's certificate; <see langword="null"/> when it showed none.</param>
    /// <param name="chain">The chain that was built to it.</param>
    /// <param name="errors">What .NET found wrong.</param>
    /// <returns>Why the connection is refused.</returns>
    string? Verify(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors);

    /// <summary>Judges after the handshake whether the certificate fits the place the connection comes from.</summary>
    /// <param name="certificate">The client's certificate.</param>
    /// <param name="address">Where the client connects from.</param>
    /// <param name="cancellationToken">The time for the handshake is over.</param>
    /// <returns>Why the connection is refused.</returns>
    ValueTask<string?> CheckAddressAsync(X509Certificate2 certificate, IPAddress address, CancellationToken cancellationToken);

    /// <summary>A connection was refused.</summary>
    /// <param name="remote">Where it came from.</param>
    /// <param name="serverName">The name the client asked for; empty when it gave none.</param>
    /// <param name="certificate">What the client showed.</param>
    /// <param name="fault">Why.</param>
    void OnRejected(EndPoint? remote, string serverName, X509Certificate2? certificate, string fault);
}
