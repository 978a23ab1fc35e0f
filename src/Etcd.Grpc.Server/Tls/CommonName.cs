using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Etcd.Grpc.Server.Tls;

/// <summary>The common name in a certificate's subject.</summary>
public static class CommonName
{
    private const string Oid = "2.5.4.3";

    /// <summary>The name; of several the last in the certificate, as in Go, so that every member of a cluster sees the same user.</summary>
    /// <returns><see langword="null"/> when there is none or it is empty.</returns>
    /// <exception cref="CryptographicException">The subject is damaged.</exception>
    public static string? Of(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        foreach (X500RelativeDistinguishedName part in certificate.SubjectName.EnumerateRelativeDistinguishedNames(reversed: true))
        {
            string? name = part.HasMultipleElements ? LastIn(part)
                : part.GetSingleElementType().Value == Oid ? part.GetSingleElementValue()
                : null;
            if (name is not null)
            {
                return name.Length > 0 ? name : null;
            }
        }

        return null;
    }

    // "OU=x+CN=root": a part of several elements, which are as good as those that stand alone.
    private static string? LastIn(X500RelativeDistinguishedName part)
    {
        try
        {
            string? name = null;
            AsnReader elements = new AsnReader(part.RawData, AsnEncodingRules.BER).ReadSetOf(skipSortOrderValidation: true);
            while (elements.HasData)
            {
                AsnReader element = elements.ReadSequence();
                name = element.ReadObjectIdentifier() == Oid ? TextOf(element) ?? name : name;
            }

            return name;
        }
        catch (AsnContentException failure)
        {
            throw new CryptographicException($"the subject of the certificate is damaged: {failure.Message}", failure);
        }
    }

    private static string? TextOf(AsnReader value) => (UniversalTagNumber)value.PeekTag().TagValue switch
    {
        (UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String or UniversalTagNumber.T61String
            or UniversalTagNumber.BMPString or UniversalTagNumber.NumericString or UniversalTagNumber.VisibleString) and var type =>
            value.ReadCharacterString(type),
        _ => null,
    };
}
