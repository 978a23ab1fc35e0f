using System.Text;

namespace Etcd.Auth.Tests.Passwords;

public sealed class BcryptTests
{
    [Fact]
    public void Hash_LooksAsGoWritesIt()
    {
        string hash = Bcrypt.Hash("secret", Bcrypt.CostMin);

        Assert.Equal(60, hash.Length);
        Assert.StartsWith("$2a$04$", hash, StringComparison.Ordinal);
        Assert.True(Bcrypt.Verify("secret", Encoding.ASCII.GetBytes(hash)));
        Assert.NotEqual(hash, Bcrypt.Hash("secret", Bcrypt.CostMin));
    }

    // Made by golang.org/x/crypto/bcrypt through real etcd 3.5, and a published vector of OpenBSD.
    [Theory]
    [InlineData("allmine", "$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga", true)]
    [InlineData("allmin", "$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga", false)]
    public void Verify_KnownHashes(string password, string hash, bool expected) =>
        Assert.Equal(expected, Bcrypt.Verify(password, Encoding.ASCII.GetBytes(hash)));

    // libcrypt's own $2a$ deviates for such passwords; Go's does not.
    [Fact]
    public void Verify_PasswordOfHighBytes_AgreesWithTheCommonAlgorithm()
    {
        string hash = Bcrypt.Hash("\u00ff\u00ff\u00a3" + "345", Bcrypt.CostMin);

        Assert.True(Bcrypt.Verify("\u00ff\u00ff\u00a3345", Encoding.ASCII.GetBytes(hash)));
        Assert.True(Bcrypt.Verify("\u00ff\u00ff\u00a3345", Encoding.ASCII.GetBytes("$2b$" + hash[4..])));
    }

    [Theory]
    [InlineData("")]
    [InlineData("$2a$10$tooshort")]
    [InlineData("$2a$99$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga")]
    [InlineData("$1$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcgaaaaa")]
    public void Verify_WhatIsNoHash_IsFalse(string hash) => Assert.False(Bcrypt.Verify("allmine", Encoding.ASCII.GetBytes(hash)));

    // CVE-2020-15115: no lower bound of password length.
    [Fact]
    public void Cve2020_15115_EmptyPassword_CannotBeUsed()
    {
        Assert.False(Bcrypt.IsUsable(""));
        Assert.Throws<ArgumentException>(() => Bcrypt.Hash("", Bcrypt.CostMin));
    }

    // bcrypt cuts at 72 bytes and C strings end at a NUL: either would make two passwords equal.
    [Fact]
    public void Hash_PasswordThatWouldBeCut_IsRefused()
    {
        Assert.True(Bcrypt.IsUsable(new string('x', 72)));
        Assert.False(Bcrypt.IsUsable(new string('x', 73)));
        Assert.False(Bcrypt.IsUsable("ab\0cd"));
        string hash = Bcrypt.Hash("ab", Bcrypt.CostMin);
        Assert.False(Bcrypt.Verify("ab\0cd", Encoding.ASCII.GetBytes(hash)));
    }
}
