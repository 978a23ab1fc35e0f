namespace Etcd.Auth;

/// <summary>What became of a login.</summary>
public enum LoginOutcome
{
    /// <summary>The password is right.</summary>
    Right,

    /// <summary>The password is wrong, or there is no such user.</summary>
    Wrong,

    /// <summary>The source has failed too often to be heard.</summary>
    TooOften,
}
