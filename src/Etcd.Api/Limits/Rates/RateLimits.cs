namespace Etcd.Api.Limits.Rates;

/// <summary>Whose rates are limited. Immutable.</summary>
/// <param name="Users">Limits of users, by name.</param>
/// <param name="Roles">Limits of roles, by name: of all users together that have the role.</param>
/// <param name="Default">Limit of each user that no other is for, and of each address that shows no user; <see langword="null"/> for none.</param>
public sealed record RateLimits(IReadOnlyDictionary<string, Rate> Users, IReadOnlyDictionary<string, Rate> Roles, Rate? Default)
{
    /// <summary>No limits.</summary>
    public static RateLimits None { get; } = new(new Dictionary<string, Rate>(), new Dictionary<string, Rate>(), Default: null);

    /// <summary>Whether anybody's rate is limited.</summary>
    public bool IsEmpty => Users.Count == 0 && Roles.Count == 0 && Default is null;
}
