using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Etcd.Hosting.Tls;

/// <summary>Serial numbers of revoked certificates, from a certificate revocation list (RFC 5280, section 5).</summary>
/// <remarks>The list is the operator's own file: as in etcd, neither its signature nor its issuer is looked at.</remarks>
internal sealed class RevocationList
{
    private static readonly Asn1Tag Time = new(UniversalTagNumber.UtcTime);
    private static readonly Asn1Tag LongTime = new(UniversalTagNumber.GeneralizedTime);

    private readonly HashSet<BigInteger> _serials;

    private RevocationList(HashSet<BigInteger> serials)
    {
        _serials = serials;
    }

    /// <summary>Reads a list in PEM or DER.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="CryptographicException">It is none.</exception>
    public static RevocationList Read(string file)
    {
        byte[] bytes = TlsFiles.Bytes(file);
        try
        {
            string text = Encoding.Latin1.GetString(bytes);
            if (!PemEncoding.TryFind(text, out _))
            {
                return new RevocationList([.. Serials(bytes)]);
            }

            // One list for each authority may stand in the file.
            var serials = new HashSet<BigInteger>();
            for (ReadOnlySpan<char> rest = text; PemEncoding.TryFind(rest, out PemFields fields); rest = rest[fields.Location.End..])
            {
                serials.UnionWith(Serials(Convert.FromBase64String(rest[fields.Base64Data].ToString())));
            }

            return new RevocationList(serials);
        }
        catch (Exception failure) when (failure is AsnContentException or FormatException)
        {
            throw new CryptographicException($"tls: {file} is no certificate revocation list: {failure.Message}", failure);
        }
    }

    /// <summary>Whether a certificate is on the list.</summary>
    public bool Has(X509Certificate2 certificate) =>
        _serials.Contains(new BigInteger(certificate.SerialNumberBytes.Span, isUnsigned: false, isBigEndian: true));

    private static HashSet<BigInteger> Serials(byte[] list)
    {
        AsnReader body = new AsnReader(list, AsnEncodingRules.DER).ReadSequence().ReadSequence();
        if (body.PeekTag() == Asn1Tag.Integer)
        {
            body.ReadInteger(); // version
        }

        body.ReadSequence(); // algorithm of the signature
        body.ReadSequence(); // issuer
        SkipTime(body); // this update
        SkipTime(body); // next update
        var serials = new HashSet<BigInteger>();
        if (body.HasData && body.PeekTag() == Asn1Tag.Sequence)
        {
            AsnReader revoked = body.ReadSequence();
            while (revoked.HasData)
            {
                serials.Add(revoked.ReadSequence().ReadInteger());
            }
        }

        return serials;
    }

    private static void SkipTime(AsnReader body)
    {
        if (body.HasData && (body.PeekTag() == Time || body.PeekTag() == LongTime))
        {
            body.ReadEncodedValue();
        }
    }
}
