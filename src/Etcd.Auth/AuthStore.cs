using System.Collections.Immutable;

using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Auth;

/// <summary>Users, roles and permissions: a replicated state machine. The apply thread changes it; anybody looks at <see cref="View"/>.</summary>
/// <remarks>Every method that changes something throws before it has changed anything, or does all of it.</remarks>
public sealed class AuthStore
{
    /// <summary>What a new store starts at; etcd writes it at the very first start.</summary>
    private const ulong FirstRevision = 1;

    private readonly Backend _backend;
    private readonly ITokens _tokens;
    private readonly AuthStoreOptions _options;
    private volatile AuthView _view;

    private AuthStore(Backend backend, ITokens tokens, AuthStoreOptions options)
    {
        _backend = backend;
        _tokens = tokens;
        _options = options;
        _view = Read(backend);
    }

    /// <summary>The state after the last change.</summary>
    public AuthView View => _view;

    /// <summary>Opens the store on what the backend holds.</summary>
    /// <param name="backend">Where it is kept.</param>
    /// <param name="tokens">Told which users' tokens end.</param>
    /// <param name="options">How it works.</param>
    public static AuthStore Open(Backend backend, ITokens tokens, AuthStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(options);
        var store = new AuthStore(backend, tokens, options);
        if (store._view.Revision == 0)
        {
            store.Publish(store._view.Users, store._view.Roles, FirstRevision);
        }

        return store;
    }

    /// <summary>Reads everything again, after the backend was replaced by a received snapshot (incident #14571). Apply thread.</summary>
    public void Recover()
    {
        AuthView recovered = Read(_backend);
        if (!recovered.IsEnabled || recovered.Revision != _view.Revision)
        {
            // What changed in between is not told: a password, a user of the same name, everything. Nobody stays logged in on it.
            _tokens.Clear();
        }

        _view = recovered;
    }

    /// <summary>Turns authentication on; if it is on, nothing happens.</summary>
    /// <exception cref="EtcdException">There is no user root, or it lacks role root: everybody would be locked out.</exception>
    public void Enable()
    {
        AuthView view = _view;
        if (view.IsEnabled)
        {
            return;
        }

        if (!view.Users.TryGetValue(AuthUser.Root, out AuthUser? root))
        {
            throw new EtcdException(EtcdErrorCode.RootUserNotExist);
        }

        if (!root.IsRoot)
        {
            throw new EtcdException(EtcdErrorCode.RootRoleNotExist);
        }

        AuthRecords.WriteEnabled(_backend, true);
        _view = new AuthView(true, view.Revision, view.Users, view.Roles);
    }

    /// <summary>Turns authentication off; if it is off, nothing happens.</summary>
    public void Disable()
    {
        AuthView view = _view;
        if (!view.IsEnabled)
        {
            return;
        }

        AuthRecords.WriteEnabled(_backend, false);
        AuthRecords.WriteRevision(_backend, view.Revision + 1);
        _tokens.Clear();
        _view = new AuthView(false, view.Revision + 1, view.Users, view.Roles);
    }

    /// <summary>Lets a user in whose password was checked before the request was replicated.</summary>
    /// <param name="name">The user.</param>
    /// <param name="ticket">Secret part of the token, chosen by the member that was asked.</param>
    /// <param name="raftIndex">Index of the entry that asks.</param>
    /// <returns>The token; empty where tokens are signed by the member that was asked.</returns>
    /// <exception cref="EtcdException">Authentication is off, or the user may not log in.</exception>
    public string Authenticate(string name, string ticket, ulong raftIndex)
    {
        AuthView view = _view;
        if (!view.IsEnabled)
        {
            throw new EtcdException(EtcdErrorCode.AuthNotEnabled);
        }

        return view.Users.TryGetValue(name, out AuthUser? user) && !user.HasNoPassword
            ? _tokens.Issue(name, ticket, raftIndex)
            : throw new EtcdException(EtcdErrorCode.AuthFailed);
    }

    /// <summary>Adds a user.</summary>
    /// <exception cref="EtcdException">The name is empty, taken or too long, or the password cannot be kept.</exception>
    public void AddUser(AuthUserAddRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Name.Length == 0)
        {
            throw new EtcdException(EtcdErrorCode.UserEmpty);
        }

        AuthName.CheckLength(request.Name);
        if (_view.Users.ContainsKey(request.Name))
        {
            throw new EtcdException(EtcdErrorCode.UserAlreadyExists);
        }

        bool noPassword = request.Options?.NoPassword ?? false;
        ByteString hash = noPassword ? ByteString.Empty : HashOf(request.Password, request.HashedPassword);
        Put(new AuthUser(request.Name, hash, [], noPassword));
    }

    /// <summary>Deletes a user; its tokens end.</summary>
    /// <exception cref="EtcdException">There is none, or it is root while authentication is on.</exception>
    public void DeleteUser(string name)
    {
        if (_view.IsEnabled && name == AuthUser.Root)
        {
            throw new EtcdException(EtcdErrorCode.InvalidAuthManagement);
        }

        _ = UserOf(name);
        AuthRecords.DeleteUser(_backend, name);
        Publish(_view.Users.Remove(name), _view.Roles);
        _tokens.Forget(name);
    }

    /// <summary>Gives a user a new password; its tokens end.</summary>
    /// <exception cref="EtcdException">There is no such user, or the password cannot be kept.</exception>
    public void ChangePassword(AuthUserChangePasswordRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        AuthUser user = UserOf(request.Name);
        ByteString hash = user.HasNoPassword ? ByteString.Empty : HashOf(request.Password, request.HashedPassword);
        Put(user with { PasswordHash = hash });
        _tokens.Forget(request.Name);
    }

    /// <summary>Gives a user a role; one that the user has is not given again.</summary>
    /// <exception cref="EtcdException">There is no such user or role.</exception>
    public void GrantRole(string name, string role)
    {
        AuthUser user = UserOf(name);
        if (role != AuthUser.Root)
        {
            _ = RoleOf(role);
        }

        if (!user.HasRole(role))
        {
            Put(user with { Roles = user.Roles.Add(role).Sort(NameOrder.Instance) });
        }
    }

    /// <summary>Takes a role from a user.</summary>
    /// <exception cref="EtcdException">There is no such user, it does not have the role, or root would lose role root while authentication is on.</exception>
    public void RevokeRole(string name, string role)
    {
        if (_view.IsEnabled && name == AuthUser.Root && role == AuthUser.Root)
        {
            throw new EtcdException(EtcdErrorCode.InvalidAuthManagement);
        }

        AuthUser user = UserOf(name);
        if (!user.HasRole(role))
        {
            throw new EtcdException(EtcdErrorCode.RoleNotGranted);
        }

        Put(user with { Roles = user.Roles.Remove(role, StringComparer.Ordinal) });
    }

    /// <summary>Adds a role that grants nothing yet.</summary>
    /// <exception cref="EtcdException">The name is empty, taken or too long.</exception>
    public void AddRole(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length == 0)
        {
            throw new EtcdException(EtcdErrorCode.RoleEmpty);
        }

        AuthName.CheckLength(name);
        if (_view.Roles.ContainsKey(name))
        {
            throw new EtcdException(EtcdErrorCode.RoleAlreadyExists);
        }

        Put(new AuthRole(name, []));
    }

    /// <summary>Deletes a role, and takes it from all users.</summary>
    /// <exception cref="EtcdException">There is none, or it is root while authentication is on.</exception>
    public void DeleteRole(string name)
    {
        if (_view.IsEnabled && name == AuthUser.Root)
        {
            throw new EtcdException(EtcdErrorCode.InvalidAuthManagement);
        }

        _ = RoleOf(name);
        AuthRecords.DeleteRole(_backend, name);
        ImmutableSortedDictionary<string, AuthUser> users = _view.Users;
        foreach (AuthUser holder in _view.Users.Values.Where(user => user.HasRole(name)))
        {
            AuthUser changed = holder with { Roles = holder.Roles.Remove(name, StringComparer.Ordinal) };
            AuthRecords.Write(_backend, changed);
            users = users.SetItem(changed.Name, changed);
        }

        Publish(users, _view.Roles.Remove(name));
    }

    /// <summary>Grants a role a permission; one for the same range is replaced.</summary>
    /// <exception cref="EtcdException">There is no permission or no such role, or the range ends before it begins.</exception>
    public void GrantPermission(AuthRoleGrantPermissionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Perm is not { } permission)
        {
            throw new EtcdException(EtcdErrorCode.PermissionNotGiven);
        }

        // A kind that no release knows is kept and allows nothing, as in etcd: all members must count the same changes.
        if (!PermissionRanges.IsValid(permission.Key, permission.RangeEnd))
        {
            throw new EtcdException(EtcdErrorCode.InvalidAuthManagement);
        }

        AuthRole role = RoleOf(request.Name);
        var granted = new KeyPermission(permission.PermType, permission.Key, permission.RangeEnd);
        Put(role with { Permissions = PermissionRanges.Add(role.Permissions, granted) });
    }

    /// <summary>Takes a permission from a role.</summary>
    /// <exception cref="EtcdException">There is no such role, or it has none for exactly this range.</exception>
    public void RevokePermission(AuthRoleRevokePermissionRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        AuthRole role = RoleOf(request.Role);
        ImmutableArray<KeyPermission> left = role.Permissions.RemoveAll(permission => permission.IsFor(request.Key, request.RangeEnd));
        if (left.Length == role.Permissions.Length)
        {
            throw new EtcdException(EtcdErrorCode.PermissionNotGranted);
        }

        Put(role with { Permissions = left });
    }

    private static AuthView Read(Backend backend)
    {
        using BackendView view = backend.View();
        return new AuthView(
            AuthRecords.ReadEnabled(view), AuthRecords.ReadRevision(view), AuthRecords.ReadUsers(view), AuthRecords.ReadRoles(view));
    }

    private AuthUser UserOf(string name) =>
        _view.Users.TryGetValue(name, out AuthUser? user) ? user : throw new EtcdException(EtcdErrorCode.UserNotFound);

    private AuthRole RoleOf(string name) =>
        _view.Roles.TryGetValue(name, out AuthRole? role) ? role : throw new EtcdException(EtcdErrorCode.RoleNotFound);

    // Since 3.5 the member that is asked hashes before it proposes, so that all members store the same and apply is not held up. Entries of
    // 3.4 carry the password itself.
    private ByteString HashOf(string password, string hashedPassword)
    {
        if (password.Length > 0 && hashedPassword.Length == 0)
        {
            // An entry that cannot be applied must be refused: a fault here would come back with every start.
            if (!Bcrypt.IsUsable(password))
            {
                throw new EtcdException(EtcdErrorCode.InvalidAuthManagement);
            }

            return ByteString.CopyFromUtf8(Bcrypt.Hash(password, _options.BcryptCost));
        }

        byte[] hash = new byte[hashedPassword.Length];
        return Convert.TryFromBase64String(hashedPassword, hash, out int length)
            ? ByteString.CopyFrom(hash.AsSpan(0, length))
            : throw new EtcdException(EtcdErrorCode.InvalidAuthManagement);
    }

    private void Put(AuthUser user)
    {
        AuthRecords.Write(_backend, user);
        Publish(_view.Users.SetItem(user.Name, user), _view.Roles);
    }

    private void Put(AuthRole role)
    {
        AuthRecords.Write(_backend, role);
        Publish(_view.Users, _view.Roles.SetItem(role.Name, role));
    }

    private void Publish(ImmutableSortedDictionary<string, AuthUser> users, ImmutableSortedDictionary<string, AuthRole> roles) =>
        Publish(users, roles, _view.Revision + 1);

    private void Publish(
        ImmutableSortedDictionary<string, AuthUser> users, ImmutableSortedDictionary<string, AuthRole> roles, ulong revision)
    {
        AuthRecords.WriteRevision(_backend, revision);
        _view = new AuthView(_view.IsEnabled, revision, users, roles);
    }
}
