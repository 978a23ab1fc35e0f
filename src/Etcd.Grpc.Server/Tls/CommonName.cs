using System.Security.Cryptography.X509Certificates;

namespace Etcd.Grpc.Server.Tls;

/// <summary>The common name in a certificate's subject.</summary>
public static class CommonName
{
    private const string Oid = "2.5.4.3";

    /// <summary>The name; <see langword="null"/> when there is none or it is empty.</summary>
    public static string? Of(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        foreach (X500RelativeDistinguishedName part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (!part.HasMultipleElements && part.GetSingleElementType().Value == Oid)
            {
                return part.GetSingleElementValue() is { Length: > 0 } name ? name : null;
            }
        }

        return null;
    }
}
