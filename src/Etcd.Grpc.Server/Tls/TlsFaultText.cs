using System.Security.Authentication;

namespace Etcd.Grpc.Server.Tls;

/// <summary>Says in Go's words why a handshake failed; OpenSSL's own words say little to who knows etcd's logs.</summary>
internal static class TlsFaultText
{
    /// <summary>The first byte of a TLS connection: a handshake record.</summary>
    public const byte HandshakeRecord = 0x16;

    public const string NoHandshake = "tls: first record does not look like a TLS handshake";

    private static readonly (string InOpenSsl, string InGo)[] Texts =
    [
        ("alert bad certificate", "remote error: tls: bad certificate"),
        ("alert unknown ca", "remote error: tls: unknown certificate authority"),
        ("alert certificate expired", "remote error: tls: expired certificate"),
        ("alert certificate revoked", "remote error: tls: revoked certificate"),
        ("alert certificate unknown", "remote error: tls: unknown certificate"),
        ("alert unsupported certificate", "remote error: tls: unsupported certificate"),
        ("alert handshake failure", "remote error: tls: handshake failure"),
        ("no shared cipher", "tls: no cipher suite supported by both client and server"),
        ("unsupported protocol", "tls: client offered only unsupported versions"),
        ("version too low", "tls: client offered only unsupported versions"),
        ("no application protocol", "tls: client requested unsupported application protocols"),
    ];

    /// <summary>Why the handshake failed.</summary>
    public static string Of(AuthenticationException failure)
    {
        Exception root = failure.GetBaseException();
        foreach ((string inOpenSsl, string inGo) in Texts)
        {
            if (root.Message.Contains(inOpenSsl, StringComparison.OrdinalIgnoreCase))
            {
                return inGo;
            }
        }

        return $"tls: {root.Message}";
    }
}
