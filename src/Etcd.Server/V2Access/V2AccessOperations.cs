using Etcd.Auth;
using Etcd.Protocol.Errors;

namespace Etcd.Server.V2Access;

/// <summary>Who may use the v2 API, by its own users and roles. They know nothing of those of the v3 API. Any thread.</summary>
public sealed class V2AccessOperations
{
    private readonly V2AccessRecords _records;
    private readonly PasswordHasher _passwords;
    private readonly LoginVerifier _logins;
    private readonly int _cost;

    internal V2AccessOperations(V2AccessRecords records, PasswordHasher passwords, LoginVerifier logins, int cost)
    {
        _records = records;
        _passwords = passwords;
        _logins = logins;
        _cost = cost;
    }

    /// <summary>Whether access control is on.</summary>
    public bool IsEnabled => _records.IsEnabled;

    /// <summary>Names of all users, ascending.</summary>
    public IReadOnlyList<string> UserNames => _records.Names(V2AccessRecords.Users);

    /// <summary>Names of all roles, ascending, <c>root</c> among them.</summary>
    public IReadOnlyList<string> RoleNames =>
        [.. _records.Names(V2AccessRecords.Roles).Append(V2Role.RootName).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>A user; <see langword="null"/> when there is none. Whatever its record says, root has role root.</summary>
    public V2User? FindUser(string name)
    {
        V2User? user = _records.Find(V2AccessRecords.Users, name) is { } text ? V2AccessJson.ReadUser(text) : null;
        return user is { Name: V2User.RootName, IsRoot: false } ? user with { Roles = [.. user.Roles ?? [], V2Role.RootName] } : user;
    }

    /// <summary>A role; <see langword="null"/> when there is none.</summary>
    public V2Role? FindRole(string name) =>
        name == V2Role.RootName ? V2Role.Root
        : _records.Find(V2AccessRecords.Roles, name) is { } text ? V2AccessJson.ReadRole(text)
        : null;

    /// <summary>A user who must be there.</summary>
    /// <exception cref="V2AccessException">There is none.</exception>
    public V2User User(string name) => FindUser(name) ?? throw V2AccessException.NotFound($"User {name} does not exist.");

    /// <summary>A role that must be there.</summary>
    /// <exception cref="V2AccessException">There is none.</exception>
    public V2Role Role(string name) => FindRole(name) ?? throw V2AccessException.NotFound($"Role {name} does not exist.");

    /// <summary>Checks a password.</summary>
    /// <param name="name">The user.</param>
    /// <param name="password">What somebody claims.</param>
    /// <param name="source">Where the request comes from: repeated failures are counted by it.</param>
    /// <param name="cancellationToken">Ends the wait for a turn.</param>
    /// <returns>The user; <see langword="null"/> for a wrong name or password.</returns>
    /// <exception cref="EtcdException">Too many have failed, or wait.</exception>
    public async ValueTask<V2User?> LogInAsync(string name, string password, string source, CancellationToken cancellationToken)
    {
        V2User? user = FindUser(name);
        ReadOnlyMemory<byte>? hash = user is null ? null : System.Text.Encoding.ASCII.GetBytes(user.PasswordHash);
        LoginOutcome outcome = _logins.MayTry(source)
            ? await _logins.VerifyAsync(password, hash, source, cancellationToken).ConfigureAwait(false)
            : LoginOutcome.TooOften;
        return outcome switch
        {
            LoginOutcome.Right => user,
            LoginOutcome.Wrong => null,
            _ => throw new EtcdException(EtcdErrorCode.TooManyRequests),
        };
    }

    /// <summary>Whether a user may use a key.</summary>
    /// <param name="userName">Who has logged in; <see langword="null"/> for a guest.</param>
    /// <param name="key">The key, with its first slash.</param>
    /// <param name="isWrite">For writing, not reading.</param>
    /// <param name="isRecursive">With all that is below it.</param>
    public bool Allows(string? userName, string key, bool isWrite, bool isRecursive)
    {
        if (userName is null)
        {
            return FindRole(V2Role.GuestName)?.Keys.Allow(key, isWrite, isRecursive: false) == true;
        }

        return FindUser(userName)?.Roles?.Any(role => FindRole(role)?.Keys.Allow(key, isWrite, isRecursive) == true) == true;
    }

    /// <summary>Makes a user, or changes one.</summary>
    /// <returns>The user, and whether it is new.</returns>
    /// <exception cref="V2AccessException">The change is not possible.</exception>
    public async ValueTask<(V2User User, bool IsNew)> PutUserAsync(V2UserChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (change.Grant.Count > 0 || change.Revoke.Count > 0 || (change.Roles.Count == 0 && FindUser(change.Name) is not null))
        {
            return (await UpdateUserAsync(change, cancellationToken).ConfigureAwait(false), false);
        }

        // As in etcd, a user made with roles is not told apart from one that was there.
        return (await CreateUserAsync(change, cancellationToken).ConfigureAwait(false), change.Roles.Count == 0);
    }

    /// <summary>Takes a user away.</summary>
    /// <exception cref="V2AccessException">There is none, or it is the last root.</exception>
    public async ValueTask DeleteUserAsync(string name)
    {
        if (IsEnabled && name == V2User.RootName)
        {
            throw V2AccessException.Forbidden("Cannot delete root user while auth is enabled.");
        }

        if (!await _records.DeleteAsync(V2AccessRecords.Users + name).ConfigureAwait(false))
        {
            throw V2AccessException.NotFound($"User {name} does not exist");
        }
    }

    /// <summary>Makes a role.</summary>
    /// <exception cref="V2AccessException">There is one of the name.</exception>
    public async ValueTask CreateRoleAsync(V2Role role)
    {
        ArgumentNullException.ThrowIfNull(role);
        RefuseIfRoot(role.Name);
        if (!await _records.CreateAsync(V2AccessRecords.Roles + role.Name, V2AccessJson.Write(role)).ConfigureAwait(false))
        {
            throw V2AccessException.Conflict($"Role {role.Name} already exists.");
        }
    }

    /// <summary>Changes a role.</summary>
    /// <exception cref="V2AccessException">There is none, or the change changes nothing.</exception>
    public async ValueTask<V2Role> UpdateRoleAsync(string name, V2Permissions grant, V2Permissions revoke)
    {
        RefuseIfRoot(name);
        V2Role before = Role(name);
        V2Role after = before with { Keys = before.Keys.With(grant).Without(revoke) };
        if (after.Keys.Names(before.Keys))
        {
            throw V2AccessException.Invalid("Role not updated. Use grant/revoke to update the role.");
        }

        await _records.UpdateAsync(V2AccessRecords.Roles + name, V2AccessJson.Write(after)).ConfigureAwait(false);
        return after;
    }

    /// <summary>Takes a role away.</summary>
    /// <exception cref="V2AccessException">There is none.</exception>
    public async ValueTask DeleteRoleAsync(string name)
    {
        RefuseIfRoot(name);
        if (!await _records.DeleteAsync(V2AccessRecords.Roles + name).ConfigureAwait(false))
        {
            throw V2AccessException.NotFound($"Role {name} doesn't exist.");
        }
    }

    /// <summary>Turns access control on. Guests may do everything then, until their role is changed.</summary>
    /// <exception cref="V2AccessException">It is on, or there is no user root.</exception>
    public async ValueTask EnableAsync()
    {
        await _records.PrepareAsync().ConfigureAwait(false);
        if (IsEnabled)
        {
            throw V2AccessException.Conflict("already enabled");
        }

        if (FindUser(V2User.RootName) is null)
        {
            throw V2AccessException.Conflict("No root user available, please create one");
        }

        if (FindRole(V2Role.GuestName) is null)
        {
            await CreateRoleAsync(new V2Role(V2Role.GuestName, V2Permissions.All)).ConfigureAwait(false);
        }

        await _records.SwitchAsync(isOn: true).ConfigureAwait(false);
    }

    /// <summary>Turns access control off.</summary>
    /// <exception cref="V2AccessException">It is off.</exception>
    public async ValueTask DisableAsync()
    {
        if (!IsEnabled)
        {
            throw V2AccessException.Conflict("already disabled");
        }

        await _records.SwitchAsync(isOn: false).ConfigureAwait(false);
    }

    private static void RefuseIfRoot(string role)
    {
        if (role == V2Role.RootName)
        {
            throw V2AccessException.Forbidden($"Cannot modify role {role}: is root role.");
        }
    }

    private async ValueTask<V2User> CreateUserAsync(V2UserChange change, CancellationToken cancellationToken)
    {
        if (change.Password.Length == 0)
        {
            throw V2AccessException.Invalid($"Cannot create user {change.Name} with an empty password");
        }

        IEnumerable<string> given = change.Name == V2User.RootName ? change.Roles.Append(V2Role.RootName) : change.Roles;
        string[] roles = [.. given.Distinct(StringComparer.Ordinal)];
        string hash = await HashAsync(change.Password, cancellationToken).ConfigureAwait(false);
        var user = new V2User(change.Name, hash, roles.Length == 0 ? null : roles);
        return await _records.CreateAsync(V2AccessRecords.Users + change.Name, V2AccessJson.Write(user)).ConfigureAwait(false)
            ? user
            : throw V2AccessException.Conflict($"User {change.Name} already exists.");
    }

    private async ValueTask<V2User> UpdateUserAsync(V2UserChange change, CancellationToken cancellationToken)
    {
        V2User before = User(change.Name);
        var roles = new SortedSet<string>(before.Roles ?? [], StringComparer.Ordinal);
        foreach (string role in change.Grant)
        {
            if (!roles.Add(role))
            {
                throw V2AccessException.Conflict($"Granting duplicate role {role} for user {change.Name}");
            }
        }

        foreach (string role in change.Revoke)
        {
            if (!roles.Remove(role))
            {
                throw V2AccessException.Conflict($"Revoking ungranted role {role} for user {change.Name}");
            }
        }

        if (change.Password.Length == 0 && roles.SetEquals(before.Roles ?? []))
        {
            throw V2AccessException.Invalid("User not updated. Use grant/revoke/password to update the user.");
        }

        string hash = change.Password.Length == 0
            ? before.PasswordHash
            : await HashAsync(change.Password, cancellationToken).ConfigureAwait(false);
        var after = new V2User(change.Name, hash, [.. roles]);
        return await _records.UpdateAsync(V2AccessRecords.Users + change.Name, V2AccessJson.Write(after)).ConfigureAwait(false)
            ? after
            : throw V2AccessException.NotFound($"User {change.Name} does not exist.");
    }

    private async ValueTask<string> HashAsync(string password, CancellationToken cancellationToken) =>
        Bcrypt.IsUsable(password)
            ? await _passwords.InTurnAsync(() => Bcrypt.Hash(password, _cost), cancellationToken).ConfigureAwait(false)
            : throw V2AccessException.Invalid($"a password has at most {Bcrypt.PasswordBytesMax} bytes and no zero byte");
}
