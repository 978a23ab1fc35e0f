using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Auth;

/// <summary>What a request needs. One walk over the whole request, whatever is nested in it (CVE-2026-33343, CVE-2026-44283).</summary>
/// <remarks>
/// The rules for replicated requests are applied by every member alike at the same place in the log, so they ask for nothing
/// that could differ between members, and for exactly what etcd asks for there: members of both kinds must decide the same.
/// What a face demands beyond that is in <see cref="CheckBeforeProposal"/>.
/// </remarks>
public sealed class RequestRules
{
    private readonly ILeasedKeys _leases;

    /// <summary>Creates the rules.</summary>
    /// <param name="leases">Tells which keys hang on a lease.</param>
    public RequestRules(ILeasedKeys leases) => _leases = leases ?? throw new ArgumentNullException(nameof(leases));

    /// <summary>Checks a replicated request where it is applied.</summary>
    /// <exception cref="Protocol.Errors.EtcdException">The caller may not do it.</exception>
    public void CheckAtApply(AuthView view, Caller caller, InternalRaftRequest request)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(request);
        if (view.IsEnabled)
        {
            CheckData(view, caller, request);
        }
    }

    /// <summary>Checks a client's request before it is replicated: whatever is not for everybody needs a login.</summary>
    /// <remarks>CVE-2026-33413: leases, alarms and compaction were open to anybody.</remarks>
    /// <exception cref="Protocol.Errors.EtcdException">The caller may not do it.</exception>
    public void CheckBeforeProposal(AuthView view, Caller caller, InternalRaftRequest request)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(request);
        if (!view.IsEnabled || request.Authenticate is not null)
        {
            return;
        }

        if (request.Compaction is not null || request.Alarm is not null)
        {
            view.RequireRoot(caller);
            return;
        }

        view.RequireUser(caller);
        CheckData(view, caller, request);
    }

    /// <summary>Checks a read.</summary>
    /// <exception cref="Protocol.Errors.EtcdException">The caller may not do it.</exception>
    public static void Check(AuthView view, Caller caller, RangeRequest request)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(request);
        view.RequireRead(caller, request.Key.Memory, request.RangeEnd.Memory);
    }

    /// <summary>Checks a transaction: its conditions, both branches, and what is nested in them.</summary>
    /// <exception cref="Protocol.Errors.EtcdException">The caller may not do it.</exception>
    public void Check(AuthView view, Caller caller, TxnRequest request)
    {
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(request);
        foreach (Compare condition in request.Compare)
        {
            view.RequireRead(caller, condition.Key.Memory, condition.RangeEnd.Memory);
        }

        CheckBranch(view, caller, request.Success);
        CheckBranch(view, caller, request.Failure);
    }

    /// <summary>Checks that the caller may see the keys of a lease (CVE-2023-32082).</summary>
    /// <exception cref="Protocol.Errors.EtcdException">One of them is hidden from the caller.</exception>
    public void CheckReadOfLease(AuthView view, Caller caller, long leaseId)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (!view.IsEnabled)
        {
            return;
        }

        foreach (ReadOnlyMemory<byte> key in _leases.KeysOf(leaseId))
        {
            view.RequireRead(caller, key, default);
        }
    }

    /// <summary>Checks that the caller may change a lease: revoke it, keep it alive, or add keys to it.</summary>
    /// <exception cref="Protocol.Errors.EtcdException">The caller may not write one of its keys.</exception>
    public void CheckWriteOfLease(AuthView view, Caller caller, long leaseId)
    {
        ArgumentNullException.ThrowIfNull(view);
        if (view.IsRoot(caller))
        {
            return;
        }

        foreach (ReadOnlyMemory<byte> key in _leases.KeysOf(leaseId))
        {
            view.RequireWrite(caller, key, default);
        }
    }

    private void CheckData(AuthView view, Caller caller, InternalRaftRequest request)
    {
        if (request.Put is { } put)
        {
            Check(view, caller, put);
        }
        else if (request.Txn is { } txn)
        {
            Check(view, caller, txn);
        }
        else if (request.DeleteRange is { } deletion)
        {
            Check(view, caller, deletion);
        }
        else if (request.Range is { } range)
        {
            Check(view, caller, range);
        }
        else if (request.LeaseRevoke is { } revocation)
        {
            CheckWriteOfLease(view, caller, revocation.ID);
        }
        else
        {
            CheckManagement(view, caller, request);
        }
    }

    private static void CheckManagement(AuthView view, Caller caller, InternalRaftRequest request)
    {
        if (request.AuthUserGet is { } user)
        {
            if (caller.IsAnonymous || user.Name != caller.UserName)
            {
                view.RequireRoot(caller);
            }
        }
        else if (request.AuthRoleGet is { } role)
        {
            if (!HasRole(view, caller, role.Role))
            {
                view.RequireRoot(caller);
            }
        }
        else if (IsForRoot(request))
        {
            view.RequireRoot(caller);
        }
    }

    private void CheckBranch(AuthView view, Caller caller, IEnumerable<RequestOp> branch)
    {
        foreach (RequestOp operation in branch)
        {
            switch (operation.RequestCase)
            {
                case RequestOp.RequestOneofCase.RequestRange:
                    Check(view, caller, operation.RequestRange);
                    break;
                case RequestOp.RequestOneofCase.RequestPut:
                    Check(view, caller, operation.RequestPut);
                    break;
                case RequestOp.RequestOneofCase.RequestDeleteRange:
                    Check(view, caller, operation.RequestDeleteRange);
                    break;
                case RequestOp.RequestOneofCase.RequestTxn:
                    Check(view, caller, operation.RequestTxn);
                    break;
                default:
                    // An operation of no kind does nothing.
                    break;
            }
        }
    }

    private void Check(AuthView view, Caller caller, PutRequest request)
    {
        ReadOnlyMemory<byte> key = request.Key.Memory;
        view.RequireWrite(caller, key, default);
        if (request.Lease != 0)
        {
            // Its end would take the new key along with keys of others.
            CheckWriteOfLease(view, caller, request.Lease);
        }

        if (request.PrevKv)
        {
            view.RequireRead(caller, key, default);
        }
    }

    private static void Check(AuthView view, Caller caller, DeleteRangeRequest request)
    {
        view.RequireWrite(caller, request.Key.Memory, request.RangeEnd.Memory);
        if (request.PrevKv)
        {
            view.RequireRead(caller, request.Key.Memory, request.RangeEnd.Memory);
        }
    }

    private static bool HasRole(AuthView view, Caller caller, string role) =>
        !caller.IsAnonymous && view.Users.TryGetValue(caller.UserName!, out AuthUser? user) && user.HasRole(role);

    private static bool IsForRoot(InternalRaftRequest request) =>
        FirstSet(
            request.AuthEnable,
            request.AuthDisable,
            request.AuthStatus,
            request.AuthUserAdd,
            request.AuthUserDelete,
            request.AuthUserChangePassword,
            request.AuthUserGrantRole,
            request.AuthUserRevokeRole,
            request.AuthUserList,
            request.AuthRoleAdd,
            request.AuthRoleDelete,
            request.AuthRoleGrantPermission,
            request.AuthRoleRevokePermission,
            request.AuthRoleList) is not null;

    private static IMessage? FirstSet(params ReadOnlySpan<IMessage?> parts)
    {
        foreach (IMessage? part in parts)
        {
            if (part is not null)
            {
                return part;
            }
        }

        return null;
    }
}
