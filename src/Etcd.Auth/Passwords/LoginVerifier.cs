using Etcd.Protocol.Errors;

namespace Etcd.Auth;

/// <summary>Checks passwords for who has not failed too often. Any thread.</summary>
/// <remarks>Whether a source may try is asked again when its turn comes, and its failure is counted within the turn: guesses that are sent all at
/// once are counted one by one, and those beyond the budget are not looked at.</remarks>
public sealed class LoginVerifier(PasswordHasher passwords, LoginThrottle throttle)
{
    /// <summary>Whether a source may try, before anything is done for it.</summary>
    /// <param name="source">Where the request comes from, such as an address.</param>
    public bool MayTry(string source) => throttle.MayTry(source);

    /// <summary>Checks a password.</summary>
    /// <param name="password">What somebody claims.</param>
    /// <param name="hash">The bcrypt text; <see langword="null"/> for a stranger, which takes as long as a wrong password.</param>
    /// <param name="source">Where the request comes from: failures are counted by it.</param>
    /// <param name="cancellationToken">Ends the wait for a turn.</param>
    /// <exception cref="EtcdException">Too many wait.</exception>
    public ValueTask<LoginOutcome> VerifyAsync(string password, ReadOnlyMemory<byte>? hash, string source, CancellationToken cancellationToken) =>
        passwords.InTurnAsync(
            () =>
            {
                if (!throttle.MayTry(source))
                {
                    return LoginOutcome.TooOften;
                }

                if (passwords.IsRight(password, hash))
                {
                    return LoginOutcome.Right;
                }

                throttle.CountFailure(source);
                return LoginOutcome.Wrong;
            },
            cancellationToken);
}
