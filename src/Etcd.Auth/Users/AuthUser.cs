using System.Collections.Immutable;

using Google.Protobuf;

namespace Etcd.Auth;

/// <summary>One user as it is stored. Immutable: a change makes a new one.</summary>
/// <param name="Name">Name, not empty.</param>
/// <param name="PasswordHash">bcrypt text; empty for a user without password.</param>
/// <param name="Roles">Names of the roles, ascending by their bytes.</param>
/// <param name="NoPassword">Whether the user logs in by certificate only; <see langword="null"/> in records of etcd before 3.4, which did not ask.</param>
public sealed record AuthUser(string Name, ByteString PasswordHash, ImmutableArray<string> Roles, bool? NoPassword)
{
    /// <summary>Name of the user, and of the role, that may do everything.</summary>
    public const string Root = "root";

    /// <summary>Whether no password opens this user.</summary>
    public bool HasNoPassword => NoPassword == true;

    /// <summary>Whether the user has a role.</summary>
    public bool HasRole(string role) => Roles.Contains(role, StringComparer.Ordinal);

    /// <summary>Whether the user may do everything.</summary>
    public bool IsRoot => HasRole(Root);

    /// <summary>Keeps the hash out of whatever the record is printed to.</summary>
    public override string ToString() => $"AuthUser {{ Name = {Name}, Roles = [{string.Join(", ", Roles)}] }}";
}
