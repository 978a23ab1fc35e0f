using Etcd.Server;

namespace Etcd.Api.Http.V2.Access;

/// <summary>The right to read a key for as long as a watch goes on: rules may change meanwhile.</summary>
/// <param name="Server">The member.</param>
/// <param name="AsksV3">Whether authentication of the v3 API was on when it was given.</param>
/// <param name="UserName">The user of the v2 API; <see langword="null"/> for a guest, or when nobody was asked.</param>
/// <param name="Key">The key.</param>
/// <param name="IsRecursive">With all that is below it.</param>
internal sealed record V2KeyPass(EtcdServer Server, bool AsksV3, string? UserName, string Key, bool IsRecursive)
{
    /// <summary>Whether it still holds.</summary>
    internal bool Holds =>
        Server.Access.IsNeeded == AsksV3
        && (AsksV3 || !Server.V2Access.IsEnabled || Server.V2Access.Allows(UserName, Key, isWrite: false, IsRecursive));
}
