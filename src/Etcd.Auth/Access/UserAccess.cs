using System.Collections.Immutable;

namespace Etcd.Auth;

/// <summary>What one user may do with keys, worked out once from the user's roles. Immutable.</summary>
internal sealed class UserAccess
{
    private readonly KeyCover _readable;
    private readonly KeyCover _writable;

    private UserAccess(bool isRoot, KeyCover readable, KeyCover writable)
    {
        IsRoot = isRoot;
        _readable = readable;
        _writable = writable;
    }

    /// <summary>Whether the user may do everything.</summary>
    internal bool IsRoot { get; }

    /// <summary>Works it out. Roles that no longer exist grant nothing.</summary>
    internal static UserAccess Of(AuthUser user, ImmutableSortedDictionary<string, AuthRole> roles)
    {
        var readable = new List<KeySpan>();
        var writable = new List<KeySpan>();
        foreach (string name in user.Roles)
        {
            if (!roles.TryGetValue(name, out AuthRole? role))
            {
                continue;
            }

            foreach (KeyPermission permission in role.Permissions)
            {
                if (KeySpan.OfPermission(permission) is not { } span)
                {
                    continue;
                }

                if (permission.AllowsRead)
                {
                    readable.Add(span);
                }

                if (permission.AllowsWrite)
                {
                    writable.Add(span);
                }
            }
        }

        return new UserAccess(user.IsRoot, KeyCover.Of(readable), KeyCover.Of(writable));
    }

    internal bool MayRead(in KeySpan span) => IsRoot || _readable.Holds(span);

    internal bool MayWrite(in KeySpan span) => IsRoot || _writable.Holds(span);
}
