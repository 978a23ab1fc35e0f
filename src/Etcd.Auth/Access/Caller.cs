namespace Etcd.Auth;

/// <summary>Who asks.</summary>
/// <param name="UserName">Name of the user; <see langword="null"/> for somebody who did not log in.</param>
/// <param name="Revision">Auth revision under which the user was recognised; 0 for nobody.</param>
public readonly record struct Caller(string? UserName, ulong Revision)
{
    /// <summary>Somebody who did not log in.</summary>
    public static Caller Anonymous => default;

    /// <summary>Whether nobody is named.</summary>
    public bool IsAnonymous => string.IsNullOrEmpty(UserName);
}
