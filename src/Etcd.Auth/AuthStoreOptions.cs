namespace Etcd.Auth;

/// <summary>How the auth store works.</summary>
public sealed record AuthStoreOptions
{
    /// <summary>Cost of new password hashes; <see cref="Bcrypt.CostMin"/> to <see cref="Bcrypt.CostMax"/>. Each step doubles the time of a login.</summary>
    public int BcryptCost { get; init; } = Bcrypt.CostDefault;
}
