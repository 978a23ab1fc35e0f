using Etcd.Auth;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Server.Consensus;

namespace Etcd.Server.Access;

/// <summary>Stands before every operation: who may not do it is refused here, and does not reach the log.</summary>
/// <remarks>
/// The decision that counts for what is replicated falls where it is applied. This one spares the log the requests of those who may not anyway, and
/// asks what apply, bound to decide as etcd's members do, does not ask. A refusal from a state that may be behind is confirmed first.
/// </remarks>
internal sealed class AccessGuard(AuthStore store, RequestRules rules, Proposals proposals, ReadGate gate)
{
    /// <summary>The state after the last change.</summary>
    internal AuthView View => store.View;

    /// <summary>What requests need.</summary>
    internal RequestRules Rules => rules;

    /// <summary>Whether anybody is asked who they are. While not, nothing below costs anything.</summary>
    internal bool IsNeeded => store.View.IsEnabled;

    /// <summary>In whose name the member itself proposes what rules would hold against it: the end of leases.</summary>
    internal Caller Itself => store.View is { IsEnabled: true } view ? new Caller(AuthUser.Root, view.Revision) : Caller.Anonymous;

    /// <summary>Replicates a client's request with its user's name, if the user may do it.</summary>
    /// <exception cref="EtcdException">The user may not, or replication failed.</exception>
    internal ValueTask<object> ProposeAsync(InternalRaftRequest request, Caller caller) =>
        IsNeeded ? CheckAndProposeAsync(request, caller) : proposals.ProposeAsync(request, caller);

    /// <summary>Checks a request before work is spent on it.</summary>
    /// <exception cref="EtcdException">The user may not.</exception>
    internal ValueTask CheckAsync(InternalRaftRequest request, Caller caller) =>
        IsNeeded ? CheckWhereNeededAsync(request, caller) : default;

    /// <summary>Demands what a check asks of the state; before it refuses, it looks at the state that all members have agreed on.</summary>
    /// <exception cref="EtcdException">The check refuses.</exception>
    internal async ValueTask RequireAsync(Action<AuthView> check)
    {
        AuthView seen = store.View;
        try
        {
            check(seen);
        }
        catch (EtcdException)
        {
            await gate.ConfirmAsync(CancellationToken.None).ConfigureAwait(false);
            if (ReferenceEquals(seen, store.View))
            {
                throw;
            }

            check(store.View);
        }
    }

    /// <summary>Refuses what was read under rules that have changed meanwhile.</summary>
    /// <exception cref="EtcdException">They have.</exception>
    internal void RefuseIfChanged(AuthView checkedUnder)
    {
        if (checkedUnder.IsEnabled && store.View.Revision != checkedUnder.Revision)
        {
            throw new EtcdException(EtcdErrorCode.AuthOldRevision);
        }
    }

    private ValueTask CheckWhereNeededAsync(InternalRaftRequest request, Caller caller) =>
        RequireAsync(view => rules.CheckBeforeProposal(view, caller, request));

    private async ValueTask<object> CheckAndProposeAsync(InternalRaftRequest request, Caller caller)
    {
        await CheckWhereNeededAsync(request, caller).ConfigureAwait(false);
        return await proposals.ProposeAsync(request, caller).ConfigureAwait(false);
    }
}
