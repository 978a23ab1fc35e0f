using System.Text;

using Etcd.Testing;

namespace Etcd.Auth.Tests.Passwords;

public sealed class LoginVerifierTests
{
    private const int FailuresMax = 5;
    private const int TurnsMax = 2;

    [Fact]
    public async Task VerifyAsync_GuessesSentAllAtOnce_AreCountedOneByOne()
    {
        using var hasher = new PasswordHasher(Bcrypt.CostMin, run: work => Task.Run(work), concurrencyMax: TurnsMax);
        var logins = new LoginVerifier(hasher, new LoginThrottle(new ManualTimeProvider(), FailuresMax, TimeSpan.FromSeconds(3)));
        byte[] hash = Encoding.ASCII.GetBytes(Bcrypt.Hash("secret", Bcrypt.CostMin));

        LoginOutcome[] guesses = await Task.WhenAll(Enumerable.Range(0, 100).Select(guess =>
            logins.VerifyAsync($"guess {guess}", hash, "10.0.0.1", TestContext.Current.CancellationToken).AsTask()));

        Assert.InRange(guesses.Count(outcome => outcome == LoginOutcome.Wrong), FailuresMax, FailuresMax + TurnsMax - 1);
        Assert.DoesNotContain(LoginOutcome.Right, guesses);
        Assert.Equal(
            LoginOutcome.TooOften, await logins.VerifyAsync("secret", hash, "10.0.0.1", TestContext.Current.CancellationToken));
        Assert.Equal(
            LoginOutcome.Right, await logins.VerifyAsync("secret", hash, "10.0.0.2", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task VerifyAsync_ManyRightPasswordsAtOnce_AllGetIn()
    {
        using var hasher = new PasswordHasher(Bcrypt.CostMin, run: work => Task.Run(work), concurrencyMax: TurnsMax);
        var logins = new LoginVerifier(hasher, new LoginThrottle(new ManualTimeProvider(), FailuresMax, TimeSpan.FromSeconds(3)));
        byte[] hash = Encoding.ASCII.GetBytes(Bcrypt.Hash("secret", Bcrypt.CostMin));

        LoginOutcome[] logged = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ =>
            logins.VerifyAsync("secret", hash, "10.0.0.1", TestContext.Current.CancellationToken).AsTask()));

        Assert.All(logged, outcome => Assert.Equal(LoginOutcome.Right, outcome));
    }
}
