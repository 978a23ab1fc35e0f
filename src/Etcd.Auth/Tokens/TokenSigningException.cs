namespace Etcd.Auth;

/// <summary>Tokens cannot be signed, since the member has only the public key.</summary>
public sealed class TokenSigningException : Exception
{
    /// <summary>Creates the exception with etcd's text.</summary>
    public TokenSigningException()
        : base("auth: token signing attempted with verify-only key")
    {
    }
}
