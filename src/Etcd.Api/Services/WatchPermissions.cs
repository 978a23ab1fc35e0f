using Etcd.Api.Limits.Rates;
using Etcd.Auth;
using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Mvcc.Watch;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;

namespace Etcd.Api.Services;

/// <summary>Lets the watchers of one stream see what their users may read: at creation, and again whenever the rules have changed since.</summary>
/// <remarks>
/// etcd looks at creation only, so that who lost a permission goes on watching. Here such a watcher is canceled before it sees an event that came
/// after the change. Requests and sender of the stream are two threads.
/// </remarks>
internal sealed class WatchPermissions(CallAccess access, RpcServerCall call, WatchStream stream)
{
    private readonly Dictionary<long, Watched> _watched = [];
    private readonly HashSet<long> _revoked = [];
    private readonly Lock _gate = new();

    /// <summary>Creates a watcher, or refuses it on the stream.</summary>
    internal async ValueTask CreateAsync(WatchCreateRequest request)
    {
        try
        {
            Caller caller = await access.CallerOfAsync(call).ConfigureAwait(false);
            AuthView rules = access.Rules.Rules;
            (call.ReplyMeter as RateAccount)?.Take(request.Key.Length + request.RangeEnd.Length);

            // The range as the client wrote it: an end of one zero byte is no single key (GHSA-xg4h-6gfc-h4m8).
            rules.RequireRead(caller, request.Key.Memory, request.RangeEnd.Memory);
            Create(WatchSpec.From(request), rules, caller);
        }
        catch (EtcdException refusal)
        {
            stream.Refuse(TextOf(refusal));
        }
    }

    /// <summary>Cancels a watcher as its client asked.</summary>
    internal void Cancel(long watchId)
    {
        stream.Cancel(watchId);
        lock (_gate)
        {
            _watched.Remove(watchId);
        }
    }

    /// <summary>Whether a notice that was just taken may be sent. If not, its watcher is canceled.</summary>
    internal bool Allows(in WatchNotice notice)
    {
        // Read after the notice was taken: who may not see an event is known before the event is.
        AuthView rules = access.Rules.Rules;
        if (!rules.IsEnabled || notice.Kind != WatchNoticeKind.Events)
        {
            return true;
        }

        Watched? watched;
        lock (_gate)
        {
            if (_revoked.Contains(notice.WatchId))
            {
                return false;
            }

            _watched.TryGetValue(notice.WatchId, out watched);
        }

        return ReferenceEquals(watched?.CheckedUnder, rules) || AllowsStill(notice.WatchId, watched, rules);
    }

    private void Create(WatchSpec spec, AuthView rules, Caller caller)
    {
        // The sender must not meet a watcher that is not noted down yet.
        lock (_gate)
        {
            long id = stream.Create(spec);
            _revoked.Remove(id);
            if (rules.IsEnabled && id != WatchNotice.NoWatchId)
            {
                _watched[id] = new Watched(spec.Key, spec.RangeEnd, caller.UserName, rules);
            }
        }
    }

    private bool AllowsStill(long watchId, Watched? watched, AuthView rules)
    {
        try
        {
            // A watcher that is not noted down was created by nobody, before authentication was turned on.
            var caller = new Caller(watched?.UserName, watched is null ? 0 : rules.Revision);
            rules.RequireRead(caller, watched?.Key ?? default, watched?.RangeEnd ?? default);
            watched!.CheckedUnder = rules;
            return true;
        }
        catch (EtcdException refusal)
        {
            lock (_gate)
            {
                _revoked.Add(watchId);
                _watched.Remove(watchId);
            }

            stream.Revoke(watchId, TextOf(refusal));
            return false;
        }
    }

    // The text that Go makes of a status: clients of etcd find it in cancel_reason.
    private static string TextOf(EtcdException refusal) =>
        $"rpc error: code = {(RpcStatusCode)refusal.Description.GrpcStatus} desc = {refusal.Message}";

    private sealed class Watched(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> rangeEnd, string? userName, AuthView checkedUnder)
    {
        internal ReadOnlyMemory<byte> Key { get; } = key;

        internal ReadOnlyMemory<byte> RangeEnd { get; } = rangeEnd;

        internal string? UserName { get; } = userName;

        /// <summary>The sender's own after creation.</summary>
        internal AuthView CheckedUnder { get; set; } = checkedUnder;
    }
}
