using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

using Etcd.Testing;

namespace Etcd.Auth.Tests.Tokens;

[SuppressMessage("Security", "CA5385", Justification = "Keys of tests.")]
public sealed class JwtTokensTests : IDisposable
{
    private const ulong Cluster = 0xabc;

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("RS256")]
    [InlineData("RS384")]
    [InlineData("RS512")]
    [InlineData("PS256")]
    [InlineData("PS384")]
    [InlineData("PS512")]
    [InlineData("ES256")]
    [InlineData("ES384")]
    [InlineData("ES512")]
    [InlineData("HS256")]
    [InlineData("HS384")]
    [InlineData("HS512")]
    [InlineData("EdDSA")]
    public void TryRecognise_OwnToken_NamesTheUserUntilItsEnd(string method)
    {
        using JwtTokens tokens = New(method, KeysFor(method));
        string token = tokens.Complete(tokens.Issue("alice", tokens.NewTicket(), 5), "alice", 42);

        Assert.True(tokens.TryRecognise(token, 99, out Caller caller));
        Assert.Equal(new Caller("alice", 42), caller);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(tokens.TryRecognise(token, 99, out _));
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    [InlineData("EdDSA")]
    public void PublicKeyAlone_VerifiesButDoesNotSign(string method)
    {
        (string Public, string Private) keys = KeysFor(method);
        using JwtTokens signing = New(method, keys);
        using JwtTokens verifying = New(method, (keys.Public, string.Empty));

        Assert.True(verifying.TryRecognise(signing.Complete("", "alice", 1), 1, out _));
        Assert.Throws<TokenSigningException>(() => verifying.Complete("", "alice", 1));
    }

    [Fact]
    public void TryRecognise_SignedWithAnotherKey_IsFalse()
    {
        foreach (string method in (string[])["RS256", "PS256", "ES256", "HS256", "EdDSA"])
        {
            using JwtTokens tokens = New(method, KeysFor(method));
            using JwtTokens others = New(method, KeysFor(method));

            Assert.False(tokens.TryRecognise(others.Complete("", "root", 1), 1, out _));
        }
    }

    [Fact]
    public void TryRecognise_OtherCluster_IsFalse()
    {
        (string, string) keys = KeysFor("HS256");
        using JwtTokens tokens = New("HS256", keys);
        using var others = new JwtTokens(Options("HS256", keys), Cluster + 1, _time);

        Assert.False(tokens.TryRecognise(others.Complete("", "root", 1), 1, out _));
    }

    [Theory]
    [InlineData("none")]
    [InlineData("None")]
    [InlineData("NONE")]
    [InlineData("")]
    public void TryRecognise_AlgorithmNone_IsFalse(string none)
    {
        using JwtTokens tokens = New("RS256", KeysFor("RS256"));
        string text = $"{Encode($$"""{"alg":"{{none}}","typ":"JWT"}""")}.{Encode(Claims())}";

        Assert.False(tokens.TryRecognise(text + ".", 1, out _));
        Assert.False(tokens.TryRecognise(text + ".AAAA", 1, out _));
    }

    // The classic confusion: the public key, which everybody may know, taken for the secret of an HMAC.
    [Fact]
    public void TryRecognise_PublicKeyUsedAsHmacSecret_IsFalse()
    {
        (string Public, string Private) keys = KeysFor("RS256");
        using JwtTokens tokens = New("RS256", keys);
        string text = $"{Encode("""{"alg":"HS256","typ":"JWT"}""")}.{Encode(Claims())}";
        byte[] signature = HMACSHA256.HashData(File.ReadAllBytes(keys.Public), Encoding.ASCII.GetBytes(text));

        Assert.False(tokens.TryRecognise($"{text}.{Base64Url.EncodeToString(signature)}", 1, out _));
    }

    [Theory]
    [InlineData("""{"username":"root","revision":1}""")]
    [InlineData("""{"username":"root","revision":1,"exp":"4102444800"}""")]
    [InlineData("""{"username":"root","revision":1,"exp":1}""")]
    [InlineData("""{"username":"root","revision":1,"exp":4102444800,"nbf":4102444800}""")]
    [InlineData("""{"username":"root","exp":4102444800}""")]
    [InlineData("""{"username":"root","revision":"1","exp":4102444800}""")]
    [InlineData("""{"username":"root","revision":-1,"exp":4102444800}""")]
    [InlineData("""{"revision":1,"exp":4102444800}""")]
    [InlineData("""{"username":"","revision":1,"exp":4102444800}""")]
    [InlineData("""{"username":["root"],"revision":1,"exp":4102444800}""")]
    [InlineData("""["root"]""")]
    [InlineData("""{"username":"root","revision":1,"exp":4102444800""")]
    public void TryRecognise_ClaimsThatDoNotHold_IsFalse(string claims)
    {
        (string Public, string Private) keys = KeysFor("HS256");
        using JwtTokens tokens = New("HS256", keys);

        Assert.False(tokens.TryRecognise(SignedWithHmac(claims, keys.Private), 1, out _));
        Assert.True(tokens.TryRecognise(SignedWithHmac(Claims(), keys.Private), 1, out _));
    }

    [Fact]
    public void TryRecognise_AnyBitFlipped_IsFalse()
    {
        using JwtTokens tokens = New("HS256", KeysFor("HS256"));
        string token = tokens.Complete("", "alice", 1);
        byte[] signature = Base64Url.DecodeFromChars(token.AsSpan(token.LastIndexOf('.') + 1));
        for (int bit = 0; bit < signature.Length * 8; bit++)
        {
            byte[] flipped = [.. signature];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));

            Assert.False(tokens.TryRecognise($"{token[..token.LastIndexOf('.')]}.{Base64Url.EncodeToString(flipped)}", 1, out _));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("ä.ö.ü")]
    [InlineData("abcdefghijklmnop.5")]
    public void TryRecognise_NoTokenAtAll_IsFalse(string token)
    {
        using JwtTokens tokens = New("HS256", KeysFor("HS256"));

        Assert.False(tokens.TryRecognise(token, 1, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("priv-key=x")]
    [InlineData("sign-method=RS256,color=red")]
    [InlineData("sign-method=RS256,sign-method=HS256")]
    [InlineData("sign-method=RS256,ttl=soon")]
    [InlineData("sign-method=RS256,ttl=0s")]
    [InlineData("sign-method=RS256,ttl=999999999h")]
    [InlineData("sign-method=RS256,ttl=2562047h2562047h")]
    [InlineData("sign-method")]
    public void Parse_BadOptions_AreRefused(string text) => Assert.Throws<FormatException>(() => JwtOptions.Parse(text));

    [Fact]
    public void Parse_AllOptions_AreRead() =>
        Assert.Equal(
            new JwtOptions("ES256", "a.pub", "a.key", TimeSpan.FromMinutes(90)),
            JwtOptions.Parse("pub-key=a.pub,priv-key=a.key,sign-method=ES256,ttl=1h30m"));

    [Fact]
    public void New_KeyThatDoesNotFit_IsRefused()
    {
        Assert.Throws<FormatException>(() => New("RS256", KeysFor("ES256")));
        Assert.Throws<FormatException>(() => New("ES384", KeysFor("ES256")));
        Assert.Throws<FormatException>(() => New("RS999", KeysFor("RS256")));
        Assert.Throws<FormatException>(() => New("RS256", (string.Empty, string.Empty)));
        Assert.ThrowsAny<IOException>(() => New("RS256", (string.Empty, _directory.File("absent"))));
    }

    private static string Claims() => """{"exp":4102444800,"revision":1,"username":"root"}""";

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static string SignedWithHmac(string claims, string keyFile)
    {
        string text = $"{Encode("""{"alg":"HS256","typ":"JWT"}""")}.{Encode(claims)}";
        return $"{text}.{Base64Url.EncodeToString(HMACSHA256.HashData(File.ReadAllBytes(keyFile), Encoding.ASCII.GetBytes(text)))}";
    }

    private static JwtOptions Options(string method, (string Public, string Private) keys) =>
        new(method, keys.Public, keys.Private, JwtOptions.TimeToLiveDefault);

    private JwtTokens New(string method, (string Public, string Private) keys) => new(Options(method, keys), Cluster, _time);

    private (string Public, string Private) KeysFor(string method)
    {
        switch (method)
        {
            case "HS256" or "HS384" or "HS512":
                string secret = _directory.File(Guid.NewGuid().ToString());
                File.WriteAllBytes(secret, RandomNumberGenerator.GetBytes(64));
                return (string.Empty, secret);
            case "EdDSA":
                byte[] seed = RandomNumberGenerator.GetBytes(LibCrypto.KeyBytes);
                return Write(
                    PemEncoding.WriteString("PUBLIC KEY", [.. Convert.FromHexString("302a300506032b6570032100"), .. LibCryptoPublic(seed)]),
                    PemEncoding.WriteString("PRIVATE KEY", [.. Convert.FromHexString("302e020100300506032b657004220420"), .. seed]));
            case "ES256" or "ES384" or "ES512":
                using (var key = ECDsa.Create(method switch
                {
                    "ES256" => ECCurve.NamedCurves.nistP256,
                    "ES384" => ECCurve.NamedCurves.nistP384,
                    _ => ECCurve.NamedCurves.nistP521,
                }))
                {
                    return Write(key.ExportSubjectPublicKeyInfoPem(), key.ExportECPrivateKeyPem());
                }

            default:
                using (var key = RSA.Create(2048))
                {
                    return Write(key.ExportSubjectPublicKeyInfoPem(), key.ExportRSAPrivateKeyPem());
                }
        }
    }

    private static byte[] LibCryptoPublic(byte[] seed)
    {
        using LibCrypto.KeyHandle key = LibCrypto.PrivateKey(seed);
        return LibCrypto.PublicPart(key);
    }

    private (string Public, string Private) Write(string publicKey, string privateKey)
    {
        string name = _directory.File(Guid.NewGuid().ToString());
        File.WriteAllText(name + ".pub", publicKey);
        File.WriteAllText(name, privateKey);
        return (name + ".pub", name);
    }
}
