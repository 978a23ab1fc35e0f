using Etcd.Auth;
using Etcd.Lease;
using Etcd.Mvcc;
using Etcd.Server.Consensus;
using Etcd.Server.Membership;
using Etcd.Server.Operations;
using Etcd.Server.Pumps;
using Etcd.Server.V2Access;

using Microsoft.Extensions.Logging;

namespace Etcd.Server.Access;

/// <summary>Everything of a member that is about users: made in two steps, since apply is made before what proposes.</summary>
internal sealed class MemberAccess : IDisposable
{
    private readonly ServerOptions _options;
    private readonly TimeProvider _time;
    private readonly RequestRules _rules;
    private readonly ITokens _tokens;
    private readonly AuthLog _log;
    private readonly PasswordHasher _passwords;
    private readonly OlderMembers _older;

    /// <summary>Opens what the backend holds.</summary>
    /// <exception cref="FormatException">The tokens asked for cannot be made.</exception>
    internal MemberAccess(
        Backend backend,
        Lessor lessor,
        ServerOptions options,
        ClusterMembership membership,
        ulong clusterId,
        TimeProvider time,
        ILoggerFactory loggers,
        Execution execution)
    {
        _options = options;
        _older = new OlderMembers(membership);
        _time = time;
        _tokens = TokenChoice.Create(options.AuthToken, options.AuthTokenTimeToLive, clusterId, time, () => _older.ArePresent);
        _rules = new RequestRules(new LessorKeys(lessor));
        _log = new AuthLog(loggers.CreateLogger<AuthStore>());
        _passwords = new PasswordHasher(options.BcryptCost, execution.RunAsync);
        Store = AuthStore.Open(backend, _tokens, new AuthStoreOptions { BcryptCost = options.BcryptCost });
        Applier = new AuthApplier(Store, _rules, _log);
    }

    /// <summary>Users and roles.</summary>
    internal AuthStore Store { get; }

    /// <summary>Apply's part.</summary>
    internal AuthApplier Applier { get; }

    /// <summary>Makes the guard of the operations.</summary>
    internal AccessGuard Guard(Proposals proposals, ReadGate gate) => new(Store, _rules, proposals, gate);

    /// <summary>Makes what faces ask who calls.</summary>
    internal AccessOperations Recognition(AccessGuard guard, ReadGate gate, Func<ulong> appliedIndex) =>
        new(Store, _tokens, guard, gate, appliedIndex);

    /// <summary>Makes what clients do with users and roles.</summary>
    internal AuthOperations Operations(
        AccessGuard guard, Proposals proposals, ReadGate gate, HeaderSource headers) => new(
        Store,
        _tokens,
        _passwords,
        Logins(),
        guard,
        proposals,
        gate,
        headers,
        _log,
        _older);

    /// <summary>Makes what clients of the v2 API do with its users and roles.</summary>
    internal V2AccessOperations V2Operations(V2AccessRecords records) => new(
        records, _passwords, Logins(), _options.BcryptCost);

    private LoginVerifier Logins() => new(_passwords, new LoginThrottle(_time, _options.LoginFailuresMax, _options.LoginFailureRefill));

    /// <inheritdoc />
    public void Dispose()
    {
        (_tokens as IDisposable)?.Dispose();
        _passwords.Dispose();
    }
}
