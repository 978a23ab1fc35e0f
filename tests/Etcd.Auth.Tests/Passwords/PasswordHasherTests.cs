using System.Text;

using Etcd.Protocol.Errors;

using Google.Protobuf;

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
    public async Task VerifyAsync_Stranger_IsNeverRight()
    {
        using var hasher = new PasswordHasher(Bcrypt.CostMin);
        var alice = new AuthUser("alice", ByteString.CopyFrom(Encoding.ASCII.GetBytes(Bcrypt.Hash("secret", Bcrypt.CostMin))), [], false);

        Assert.True(await hasher.VerifyAsync("secret", alice, TestContext.Current.CancellationToken));
        Assert.False(await hasher.VerifyAsync("Secret", alice, TestContext.Current.CancellationToken));
        Assert.False(await hasher.VerifyAsync("secret", user: null, TestContext.Current.CancellationToken));
    }
}
