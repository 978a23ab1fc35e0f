namespace Etcd.Auth;

/// <summary>Makes tokens for users that logged in, and recognises users by them. Any thread, unless said otherwise.</summary>
public interface ITokens
{
    /// <summary>Secret part of a token to come, which travels with the replicated request; empty where a token is signed instead.</summary>
    string NewTicket();

    /// <summary>Makes the token for a login that is applied: on all members alike. Apply thread.</summary>
    /// <param name="userName">Who logged in.</param>
    /// <param name="ticket">What <see cref="NewTicket"/> of the asked member gave.</param>
    /// <param name="raftIndex">Index of the entry.</param>
    /// <returns>The token; empty where it is signed by the asked member.</returns>
    string Issue(string userName, string ticket, ulong raftIndex);

    /// <summary>Completes a login on the asked member.</summary>
    /// <param name="issued">What <see cref="Issue"/> gave.</param>
    /// <param name="userName">Who logged in.</param>
    /// <param name="authRevision">Auth revision at which the password was checked.</param>
    /// <exception cref="TokenSigningException">This member can only verify tokens.</exception>
    string Complete(string issued, string userName, ulong authRevision);

    /// <summary>Recognises a user.</summary>
    /// <param name="token">What the client shows.</param>
    /// <param name="authRevision">Auth revision of now.</param>
    /// <param name="caller">Who it is.</param>
    /// <returns><see langword="false"/> for a token that is unknown, forged or expired.</returns>
    bool TryRecognise(string token, ulong authRevision, out Caller caller);

    /// <summary>Raft index that must be applied before a token can be known here; 0 if it does not matter.</summary>
    ulong IndexOf(string token);

    /// <summary>Ends all tokens of a user.</summary>
    void Forget(string userName);

    /// <summary>Ends all tokens.</summary>
    void Clear();
}
