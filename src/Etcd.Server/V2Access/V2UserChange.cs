namespace Etcd.Server.V2Access;

/// <summary>What a client asks to make of a user.</summary>
/// <param name="Name">Name.</param>
/// <param name="Password">New password; empty: as it is.</param>
/// <param name="Roles">All roles of a new user; with it, the user must be new.</param>
/// <param name="Grant">Roles to add.</param>
/// <param name="Revoke">Roles to take away.</param>
public sealed record V2UserChange(
    string Name, string Password, IReadOnlyList<string> Roles, IReadOnlyList<string> Grant, IReadOnlyList<string> Revoke)
{
    /// <summary>Names the user, keeps the password to itself.</summary>
    public override string ToString() => $"{nameof(V2UserChange)} {Name}";
}
