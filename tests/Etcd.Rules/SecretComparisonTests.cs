namespace Etcd.Rules;

/// <summary>What compares a secret with what somebody claims takes the same time wherever they differ.</summary>
public class SecretComparisonTests
{
    // Versions of bcrypt, headers of key files, nothing that is secret.
    private static readonly string[] ComparingOpenBytes = ["Bcrypt.cs", "Ed25519Signer.cs"];

    [Theory]
    [InlineData("src/Etcd.Auth/Passwords/Bcrypt.cs", "hash")]
    [InlineData("src/Etcd.Auth/Tokens/SimpleTokens.cs", "token")]
    [InlineData("src/Etcd.Auth/Tokens/HmacSigner.cs", "signature")]
    public void Comparison_OfASecret_TakesConstantTime(string file, string secret)
    {
        string text = SourceTree.ReadText(file);

        Assert.True(text.Contains("CryptographicOperations.FixedTimeEquals(", StringComparison.Ordinal), $"{file} compares the {secret} in another way");
    }

    // A new place would have to be looked at, and to be named above.
    [Fact]
    public void Authentication_ComparesBytes_InNamedPlacesOnly()
    {
        string[] comparing = [.. SourceTree.In("src/Etcd.Auth", ".cs")
            .Where(file => SourceTree.ReadText(file).Contains(".SequenceEqual(", StringComparison.Ordinal))
            .Select(file => Path.GetFileName(file))
            .Order(StringComparer.Ordinal)];

        Assert.Equal(ComparingOpenBytes, comparing);
    }
}
