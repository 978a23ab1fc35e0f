namespace Etcd.Server.V2Access;

/// <summary>A user of the v2 API.</summary>
/// <param name="Name">Name.</param>
/// <param name="PasswordHash">bcrypt text.</param>
/// <param name="Roles">Names of roles, ascending; a role need not exist. <see langword="null"/> when none was ever given.</param>
public sealed record V2User(string Name, string PasswordHash, IReadOnlyList<string>? Roles)
{
    /// <summary>The user who must exist before access control can be turned on.</summary>
    public const string RootName = "root";

    /// <summary>Whether the user may do everything.</summary>
    public bool IsRoot => Roles?.Contains(V2Role.RootName, StringComparer.Ordinal) == true;

    /// <summary>Names the user, keeps the hash to itself.</summary>
    public override string ToString() => Name;
}
