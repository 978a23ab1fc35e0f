namespace Etcd.Server.V2Access;

/// <summary>A role of the v2 API.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Keys">What it opens.</param>
public sealed record V2Role(string Name, V2Permissions Keys)
{
    /// <summary>The role that may do everything. It is never stored and cannot be changed.</summary>
    public const string RootName = "root";

    /// <summary>The role of those who do not say who they are.</summary>
    public const string GuestName = "guest";

    /// <summary>The role that may do everything.</summary>
    public static V2Role Root { get; } = new(RootName, V2Permissions.All);
}
