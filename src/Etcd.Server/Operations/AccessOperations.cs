using Etcd.Auth;
using Etcd.Protocol.Errors;
using Etcd.Server.Access;
using Etcd.Server.Consensus;

namespace Etcd.Server.Operations;

/// <summary>Finds out who calls, and what the caller may do. Faces ask it for what the other operations do not check by themselves.</summary>
public sealed class AccessOperations
{
    private readonly AuthStore _store;
    private readonly ITokens _tokens;
    private readonly AccessGuard _guard;
    private readonly ReadGate _gate;
    private readonly Func<ulong> _appliedIndex;

    internal AccessOperations(AuthStore store, ITokens tokens, AccessGuard guard, ReadGate gate, Func<ulong> appliedIndex)
    {
        _guard = guard;
        _store = store;
        _tokens = tokens;
        _gate = gate;
        _appliedIndex = appliedIndex;
    }

    /// <summary>Whether anybody is asked who they are.</summary>
    public bool IsNeeded => _store.View.IsEnabled;

    /// <summary>The rules as they are now; another object after each change of them.</summary>
    public AuthView Rules => _store.View;

    /// <summary>The user that a token names.</summary>
    /// <param name="token">What the client shows; <see langword="null"/> if it shows nothing.</param>
    /// <param name="certificateUser">Name that the client's own certificate proves; <see langword="null"/> for none. A token goes first.</param>
    /// <param name="cancellationToken">Ends the wait for the entry that made the token.</param>
    /// <returns>The caller; nobody while authentication is off.</returns>
    /// <exception cref="EtcdException">The token is unknown, forged or expired.</exception>
    public ValueTask<Caller> RecogniseAsync(string? token, string? certificateUser, CancellationToken cancellationToken)
    {
        AuthView view = _store.View;
        if (!view.IsEnabled)
        {
            return new ValueTask<Caller>(Caller.Anonymous);
        }

        if (token is null)
        {
            return new ValueTask<Caller>(certificateUser is null ? Caller.Anonymous : new Caller(certificateUser, view.Revision));
        }

        // Looked at first: the entry that makes the token may be applied between this line and the next.
        ulong appliedIndex = _appliedIndex();
        if (_tokens.TryRecognise(token, view.Revision, out Caller caller))
        {
            return new ValueTask<Caller>(caller);
        }

        return _tokens.IndexOf(token) > appliedIndex
            ? RecogniseLaterAsync(token, cancellationToken)
            : throw new EtcdException(EtcdErrorCode.InvalidAuthToken);
    }

    /// <summary>Demands that the caller be a user.</summary>
    /// <exception cref="EtcdException">It is none.</exception>
    public ValueTask RequireUserAsync(Caller caller) => IsNeeded ? _guard.RequireAsync(view => view.RequireUser(caller)) : default;

    /// <summary>Demands that the caller may do everything.</summary>
    /// <exception cref="EtcdException">It may not.</exception>
    public ValueTask RequireRootAsync(Caller caller) => IsNeeded ? _guard.RequireAsync(view => view.RequireRoot(caller)) : default;

    /// <summary>Demands that the caller be a user who may write all keys of a lease, as who keeps it alive must.</summary>
    /// <exception cref="EtcdException">It may not.</exception>
    public ValueTask RequireWriteOfLeaseAsync(Caller caller, long leaseId)
    {
        return IsNeeded ? _guard.RequireAsync(Check) : default;

        void Check(AuthView view)
        {
            view.RequireUser(caller);
            _guard.Rules.CheckWriteOfLease(view, caller, leaseId);
        }
    }

    /// <summary>Demands that the caller may read all keys of some leases, as who lists the leases must.</summary>
    /// <exception cref="EtcdException">It may not.</exception>
    public void RequireReadOfLeases(Caller caller, IEnumerable<long> leaseIds)
    {
        ArgumentNullException.ThrowIfNull(leaseIds);
        AuthView view = _store.View;
        if (!view.IsEnabled || view.IsRoot(caller))
        {
            return;
        }

        view.RequireUser(caller);
        foreach (long id in leaseIds)
        {
            _guard.Rules.CheckReadOfLease(view, caller, id);
        }
    }

    // Another member may have let the user in a moment ago, and this one is about to apply that. A token that names an index far ahead waits no
    // longer than for what is committed now.
    private async ValueTask<Caller> RecogniseLaterAsync(string token, CancellationToken cancellationToken)
    {
        await _gate.ConfirmAsync(cancellationToken).ConfigureAwait(false);
        return _tokens.TryRecognise(token, _store.View.Revision, out Caller caller)
            ? caller
            : throw new EtcdException(EtcdErrorCode.InvalidAuthToken);
    }
}
