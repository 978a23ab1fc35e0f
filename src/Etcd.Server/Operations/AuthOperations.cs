using Etcd.Auth;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Access;
using Etcd.Server.Consensus;

using Google.Protobuf;

namespace Etcd.Server.Operations;

/// <summary>What clients do with users, roles and logins. Any thread; a refusal is an <see cref="EtcdException"/>.</summary>
public sealed class AuthOperations
{
    private const int LoggedNameLengthMax = 128;

    private readonly AuthStore _store;
    private readonly ITokens _tokens;
    private readonly PasswordHasher _passwords;
    private readonly LoginVerifier _logins;
    private readonly AccessGuard _guard;
    private readonly Proposals _proposals;
    private readonly ReadGate _gate;
    private readonly HeaderSource _headers;
    private readonly AuthLog _log;
    private readonly OlderMembers _older;

    internal AuthOperations(
        AuthStore store,
        ITokens tokens,
        PasswordHasher passwords,
        LoginVerifier logins,
        AccessGuard guard,
        Proposals proposals,
        ReadGate gate,
        HeaderSource headers,
        AuthLog log,
        OlderMembers older)
    {
        _older = older;
        _store = store;
        _tokens = tokens;
        _passwords = passwords;
        _logins = logins;
        _guard = guard;
        _proposals = proposals;
        _gate = gate;
        _headers = headers;
        _log = log;
    }

    /// <summary>Checks a password and gives a token.</summary>
    /// <param name="request">Name and password; the password is cleared from it (CVE-2021-28235).</param>
    /// <param name="source">Where the request comes from: repeated failures are counted by it.</param>
    /// <param name="cancellationToken">Ends the waits before the request is replicated.</param>
    public async ValueTask<AuthenticateResponse> AuthenticateAsync(
        AuthenticateRequest request, string source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        string password = request.Password;
        request.Password = string.Empty;
        RefuseIfTooOften(request.Name, source);

        // What this member knows of passwords must be as new as the request.
        await _gate.ConfirmAsync(cancellationToken).ConfigureAwait(false);
        while (true)
        {
            ulong revision = await CheckPasswordAsync(request.Name, password, source, cancellationToken).ConfigureAwait(false);
            var login = new InternalAuthenticateRequest { Name = request.Name, SimpleToken = _tokens.NewTicket() };
            var reply = (AuthenticateResponse)await _proposals
                .ProposeAsync(new InternalRaftRequest { Authenticate = login })
                .ConfigureAwait(false);

            // A password changed between check and entry would let the old one in: look again.
            if (_store.View.Revision == revision)
            {
                if (reply.Token.Length == 0)
                {
                    reply.Token = await _passwords
                        .InTurnAsync(() => _tokens.Complete(reply.Token, request.Name, revision), cancellationToken)
                        .ConfigureAwait(false);
                }

                _headers.Complete(reply.Header);
                return reply;
            }
        }
    }

    /// <summary>Checks a password for one request that carries it, as those of the v2 API do; no token is made.</summary>
    /// <param name="name">The user.</param>
    /// <param name="password">What somebody claims.</param>
    /// <param name="source">Where the request comes from: repeated failures are counted by it.</param>
    /// <param name="cancellationToken">Ends the waits.</param>
    public async ValueTask<Caller> CheckCredentialsAsync(
        string name, string password, string source, CancellationToken cancellationToken)
    {
        RefuseIfTooOften(name, source);
        await _gate.ConfirmAsync(cancellationToken).ConfigureAwait(false);
        return new Caller(name, await CheckPasswordAsync(name, password, source, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Turns authentication on.</summary>
    public async ValueTask<AuthEnableResponse> EnableAsync(AuthEnableRequest request, Caller caller)
    {
        var reply = await ProposeAsync<AuthEnableResponse>(new InternalRaftRequest { AuthEnable = request }, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Turns authentication off.</summary>
    public async ValueTask<AuthDisableResponse> DisableAsync(AuthDisableRequest request, Caller caller)
    {
        var reply = await ProposeAsync<AuthDisableResponse>(new InternalRaftRequest { AuthDisable = request }, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Tells whether authentication is on, and the auth revision.</summary>
    public ValueTask<AuthStatusResponse> StatusAsync(AuthStatusRequest request, Caller caller, CancellationToken cancellationToken) =>
        AskAsync(new InternalRaftRequest { AuthStatus = request }, caller, view => AuthReplies.Status(view, _headers.Create()), cancellationToken);

    /// <summary>Adds a user. The password is hashed here and goes no further, unless a member of 3.4 needs it.</summary>
    public async ValueTask<AuthUserAddResponse> AddUserAsync(AuthUserAddRequest request, Caller caller, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        string password = request.Password;
        request.Password = string.Empty;
        request.HashedPassword = string.Empty;
        var proposal = new InternalRaftRequest { AuthUserAdd = request };
        // Hashing costs: only for who may.
        await _guard.CheckAsync(proposal, caller).ConfigureAwait(false);
        AuthName.CheckNew(request.Name);
        if (request.Name.Length > 0 && !(request.Options?.NoPassword ?? false))
        {
            request.HashedPassword = await _passwords.HashAsync(password, cancellationToken).ConfigureAwait(false);
            request.Password = _older.PasswordBesideHash(password);
        }

        var reply = await ProposeAsync<AuthUserAddResponse>(proposal, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Names the roles of a user.</summary>
    public ValueTask<AuthUserGetResponse> GetUserAsync(AuthUserGetRequest request, Caller caller, CancellationToken cancellationToken) =>
        AskAsync(
            new InternalRaftRequest { AuthUserGet = request },
            caller,
            view => AuthReplies.User(view, request.Name, _headers.Create()),
            cancellationToken);

    /// <summary>Names all users.</summary>
    public ValueTask<AuthUserListResponse> ListUsersAsync(AuthUserListRequest request, Caller caller, CancellationToken cancellationToken) =>
        AskAsync(new InternalRaftRequest { AuthUserList = request }, caller, view => AuthReplies.Users(view, _headers.Create()), cancellationToken);

    /// <summary>Deletes a user.</summary>
    public async ValueTask<AuthUserDeleteResponse> DeleteUserAsync(AuthUserDeleteRequest request, Caller caller)
    {
        var reply = await ProposeAsync<AuthUserDeleteResponse>(new InternalRaftRequest { AuthUserDelete = request }, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Gives a user a new password. It is hashed here and goes no further, unless a member of 3.4 needs it.</summary>
    public async ValueTask<AuthUserChangePasswordResponse> ChangePasswordAsync(
        AuthUserChangePasswordRequest request, Caller caller, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        string password = request.Password;
        request.Password = string.Empty;
        request.HashedPassword = string.Empty;
        var proposal = new InternalRaftRequest { AuthUserChangePassword = request };
        await _guard.CheckAsync(proposal, caller).ConfigureAwait(false);
        if (!_store.View.Users.TryGetValue(request.Name, out AuthUser? user) || !user.HasNoPassword)
        {
            request.HashedPassword = await _passwords.HashAsync(password, cancellationToken).ConfigureAwait(false);
            request.Password = _older.PasswordBesideHash(password);
        }

        var reply = await ProposeAsync<AuthUserChangePasswordResponse>(proposal, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Gives a user a role.</summary>
    public async ValueTask<AuthUserGrantRoleResponse> GrantRoleAsync(AuthUserGrantRoleRequest request, Caller caller)
    {
        var reply = await ProposeAsync<AuthUserGrantRoleResponse>(new InternalRaftRequest { AuthUserGrantRole = request }, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Takes a role from a user.</summary>
    public async ValueTask<AuthUserRevokeRoleResponse> RevokeRoleAsync(AuthUserRevokeRoleRequest request, Caller caller)
    {
        var reply = await ProposeAsync<AuthUserRevokeRoleResponse>(new InternalRaftRequest { AuthUserRevokeRole = request }, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Adds a role.</summary>
    public async ValueTask<AuthRoleAddResponse> AddRoleAsync(AuthRoleAddRequest request, Caller caller)
    {
        ArgumentNullException.ThrowIfNull(request);
        AuthName.CheckNew(request.Name);
        var reply = await ProposeAsync<AuthRoleAddResponse>(new InternalRaftRequest { AuthRoleAdd = request }, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Names the permissions of a role.</summary>
    public ValueTask<AuthRoleGetResponse> GetRoleAsync(AuthRoleGetRequest request, Caller caller, CancellationToken cancellationToken) =>
        AskAsync(
            new InternalRaftRequest { AuthRoleGet = request },
            caller,
            view => AuthReplies.Role(view, request.Role, _headers.Create()),
            cancellationToken);

    /// <summary>Names all roles.</summary>
    public ValueTask<AuthRoleListResponse> ListRolesAsync(AuthRoleListRequest request, Caller caller, CancellationToken cancellationToken) =>
        AskAsync(new InternalRaftRequest { AuthRoleList = request }, caller, view => AuthReplies.Roles(view, _headers.Create()), cancellationToken);

    /// <summary>Deletes a role.</summary>
    public async ValueTask<AuthRoleDeleteResponse> DeleteRoleAsync(AuthRoleDeleteRequest request, Caller caller)
    {
        var reply = await ProposeAsync<AuthRoleDeleteResponse>(new InternalRaftRequest { AuthRoleDelete = request }, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Grants a role a permission.</summary>
    public async ValueTask<AuthRoleGrantPermissionResponse> GrantPermissionAsync(AuthRoleGrantPermissionRequest request, Caller caller)
    {
        var reply = await ProposeAsync<AuthRoleGrantPermissionResponse>(
            new InternalRaftRequest { AuthRoleGrantPermission = request }, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Takes a permission from a role.</summary>
    public async ValueTask<AuthRoleRevokePermissionResponse> RevokePermissionAsync(AuthRoleRevokePermissionRequest request, Caller caller)
    {
        var reply = await ProposeAsync<AuthRoleRevokePermissionResponse>(
            new InternalRaftRequest { AuthRoleRevokePermission = request }, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    private async ValueTask<T> ProposeAsync<T>(InternalRaftRequest request, Caller caller)
        where T : IMessage =>
        (T)await _guard.ProposeAsync(request, caller).ConfigureAwait(false);

    // etcd sends questions through the log; a confirmed read answers them as truly, and writes nothing.
    private async ValueTask<T> AskAsync<T>(
        InternalRaftRequest request, Caller caller, Func<AuthView, T> answer, CancellationToken cancellationToken)
    {
        AuthView view = await _gate.ReadAsync(() => _store.View, cancellationToken).ConfigureAwait(false);
        _guard.Rules.CheckAtApply(view, caller, request);
        return answer(view);
    }

    // Anybody can send a name of megabytes; a log line is no place for it.
    private static string Shortened(string name) => name.Length > LoggedNameLengthMax ? name[..LoggedNameLengthMax] + "…" : name;

    private void RefuseIfTooOften(string name, string source)
    {
        if (!_logins.MayTry(source))
        {
            throw TooOften(name, source);
        }
    }

    private EtcdException TooOften(string name, string source)
    {
        _log.LoginRefused(Shortened(name), source, "too many failures");
        return new EtcdException(EtcdErrorCode.TooManyRequests);
    }

    private async ValueTask<ulong> CheckPasswordAsync(
        string name, string password, string source, CancellationToken cancellationToken)
    {
        AuthView view = _store.View;
        if (!view.IsEnabled)
        {
            throw new EtcdException(EtcdErrorCode.AuthNotEnabled);
        }

        // A stranger and a user without password take as long as a wrong password, and are told the same.
        ReadOnlyMemory<byte>? hash = view.Users.GetValueOrDefault(name) is { HasNoPassword: false } user ? user.PasswordHash.Memory : null;
        switch (await _logins.VerifyAsync(password, hash, source, cancellationToken).ConfigureAwait(false))
        {
            case LoginOutcome.Right:
                return view.Revision;
            case LoginOutcome.TooOften:
                throw TooOften(name, source);
            default:
                _log.LoginRefused(Shortened(name), source, "invalid user ID or password");
                throw new EtcdException(EtcdErrorCode.AuthFailed);
        }
    }
}
