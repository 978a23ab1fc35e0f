using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Etcd.Grpc.Server.Tls;

namespace Etcd.Grpc.Tests.Server;

// Whose name it is, is for every member of a cluster the same: real ones take what Go's crypto/x509 takes.
public sealed class CommonNameTests
{
    private const string CommonNameOid = "2.5.4.3";
    private const string UnitOid = "2.5.4.11";

    [Theory]
    [InlineData("CN=ann", "ann")]
    [InlineData("CN=ann,OU=x", "ann")]
    [InlineData("CN=ann,CN=root", "root")]
    [InlineData("CN=", null)]
    [InlineData("CN=ann,CN=", null)]
    [InlineData("OU=x", null)]
    [InlineData("CN=root+OU=x", "root")]
    [InlineData("OU=x+OU=y", null)]
    [InlineData("CN=ann,CN=root+OU=x", "root")]
    public void Of_Subject_IsTheLastCommonNameInIt(string subject, string? expected)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName(Encode(subject)), key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));

        Assert.Equal(expected, CommonName.Of(certificate));
    }

    // In the order of the text: .NET's own reading of such a text turns it around.
    private static byte[] Encode(string subject)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach (string part in subject.Split(','))
            {
                using (writer.PushSetOf())
                {
                    foreach (string[] element in part.Split('+').Select(element => element.Split('=')))
                    {
                        using (writer.PushSequence())
                        {
                            writer.WriteObjectIdentifier(element[0] == "CN" ? CommonNameOid : UnitOid);
                            writer.WriteCharacterString(UniversalTagNumber.UTF8String, element[1]);
                        }
                    }
                }
            }
        }

        return writer.Encode();
    }
}
