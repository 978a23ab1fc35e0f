using System.Collections.Concurrent;
using System.Collections.Immutable;

using Etcd.Protocol.Errors;

namespace Etcd.Auth;

/// <summary>Users, roles and rules as of one moment. Immutable: any thread, no lock.</summary>
/// <remarks>
/// What a user may do is worked out when it is first asked for, and forgotten with the view: a change of one role costs
/// nothing for the users that do not come.
/// </remarks>
public sealed class AuthView
{
    private readonly ConcurrentDictionary<string, UserAccess> _access = new(StringComparer.Ordinal);

    internal AuthView(
        bool isEnabled,
        ulong revision,
        ImmutableSortedDictionary<string, AuthUser> users,
        ImmutableSortedDictionary<string, AuthRole> roles)
    {
        IsEnabled = isEnabled;
        Revision = revision;
        Users = users;
        Roles = roles;
    }

    /// <summary>Whether anybody is asked who they are.</summary>
    public bool IsEnabled { get; }

    /// <summary>Grows with every change of users, roles and permissions, and when authentication is turned off.</summary>
    public ulong Revision { get; }

    /// <summary>Users by name, in the order of the names' bytes.</summary>
    public ImmutableSortedDictionary<string, AuthUser> Users { get; }

    /// <summary>Roles by name, in the order of the names' bytes.</summary>
    public ImmutableSortedDictionary<string, AuthRole> Roles { get; }

    /// <summary>Demands that the caller be a user of this moment.</summary>
    /// <exception cref="EtcdException">Nobody is named, or the user does not exist.</exception>
    public void RequireUser(Caller caller)
    {
        if (IsEnabled)
        {
            _ = AccessOf(caller);
        }
    }

    /// <summary>Demands that the caller may do everything.</summary>
    /// <remarks>As in etcd, an older revision is no obstacle: administrators change users at the same time.</remarks>
    /// <exception cref="EtcdException">Nobody is named, or the user does not have role root.</exception>
    public void RequireRoot(Caller caller)
    {
        if (IsEnabled && !AccessOf(caller).IsRoot)
        {
            throw new EtcdException(EtcdErrorCode.PermissionDenied);
        }
    }

    /// <summary>Whether the caller may do everything.</summary>
    public bool IsRoot(Caller caller) =>
        !IsEnabled || (!caller.IsAnonymous && Users.TryGetValue(caller.UserName!, out AuthUser? user) && user.IsRoot);

    /// <summary>Demands that the caller may read keys.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="key">First key; empty stands for the smallest one.</param>
    /// <param name="rangeEnd">End as requests have it: empty, one zero byte, or the first key behind the range.</param>
    /// <exception cref="EtcdException">The caller may not.</exception>
    public void RequireRead(Caller caller, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> rangeEnd)
    {
        if (IsEnabled && !CurrentAccessOf(caller).MayRead(KeySpan.OfRequest(key, rangeEnd)))
        {
            throw new EtcdException(EtcdErrorCode.PermissionDenied);
        }
    }

    /// <summary>Demands that the caller may write keys.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="key">First key.</param>
    /// <param name="rangeEnd">End as requests have it.</param>
    /// <exception cref="EtcdException">The caller may not.</exception>
    public void RequireWrite(Caller caller, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> rangeEnd)
    {
        if (IsEnabled && !CurrentAccessOf(caller).MayWrite(KeySpan.OfRequest(key, rangeEnd)))
        {
            throw new EtcdException(EtcdErrorCode.PermissionDenied);
        }
    }

    private UserAccess CurrentAccessOf(Caller caller)
    {
        if (caller.Revision == 0)
        {
            throw new EtcdException(EtcdErrorCode.UserEmpty);
        }

        if (caller.Revision < Revision)
        {
            throw new EtcdException(EtcdErrorCode.AuthOldRevision);
        }

        return AccessOf(caller);
    }

    private UserAccess AccessOf(Caller caller)
    {
        if (caller.IsAnonymous)
        {
            throw new EtcdException(EtcdErrorCode.UserEmpty);
        }

        if (_access.TryGetValue(caller.UserName!, out UserAccess? known))
        {
            return known;
        }

        // Only existing users enter the table: strangers' names must not fill it.
        return Users.TryGetValue(caller.UserName!, out AuthUser? user)
            ? _access.GetOrAdd(user.Name, UserAccess.Of(user, Roles))
            : throw new EtcdException(EtcdErrorCode.PermissionDenied);
    }
}
