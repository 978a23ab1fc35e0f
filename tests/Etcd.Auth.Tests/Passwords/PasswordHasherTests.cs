using System.Text;

using Etcd.Protocol.Errors;

namespace Etcd.Auth.Tests.Passwords;

public sealed class PasswordHasherTests
{
    [Fact]
    public async Task HashAsync_GivesBase64OfTheBcryptText()
    {
        using var hasher = new PasswordHasher(Bcrypt.CostMin);

        string hash = await hasher.HashAsync("secret", TestContext.Current.CancellationToken);

        Assert.True(Bcrypt.Verify("secret", Convert.FromBase64String(hash)));
    }

    [Fact]
    public async Task HashAsync_UnusablePassword_IsRefused()
    {
        using var hasher = new PasswordHasher(Bcrypt.CostMin);

        EtcdException refusal = await Assert.ThrowsAsync<EtcdException>(
            async () => await hasher.HashAsync("", TestContext.Current.CancellationToken));

        Assert.Equal(EtcdErrorCode.InvalidAuthManagement, refusal.Code);
    }

    [Fact]
    public void IsRight_Stranger_IsNever()
    {
        using var hasher = new PasswordHasher(Bcrypt.CostMin);
        byte[] hash = Encoding.ASCII.GetBytes(Bcrypt.Hash("secret", Bcrypt.CostMin));

        Assert.True(hasher.IsRight("secret", hash));
        Assert.False(hasher.IsRight("Secret", hash));
        Assert.False(hasher.IsRight("secret", hash: null));
    }
}
