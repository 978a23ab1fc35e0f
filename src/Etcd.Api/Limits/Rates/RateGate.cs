using System.Buffers;

using Etcd.Api.Services;
using Etcd.Auth;
using Etcd.Grpc.Server;
using Etcd.Protocol.Errors;

namespace Etcd.Api.Limits.Rates;

/// <summary>Stands before the methods that clients' programs call, and lets through what their rates have room for.</summary>
/// <remarks>
/// What gives something back or puts the cluster in order is let through in any case: the end of a lease, a lock or a leadership, keep-alives, members,
/// users and roles, alarms and maintenance. The first group is counted all the same. Replies are counted as they are sent; events of a watch, too: they
/// are never held back, and who watches much has less left to ask.
/// </remarks>
internal sealed class RateGate(RateLimiter rates, CallAccess access)
{
    private static readonly HashSet<string> Counted =
    [
        $"{ServiceNames.Lease}/LeaseRevoke", $"{ServiceNames.Lock}/Unlock", $"{ServiceNames.Election}/Resign",
    ];

    private static readonly HashSet<string> Refusable =
    [
        $"{ServiceNames.KeyValue}/Range", $"{ServiceNames.KeyValue}/RangeStream", $"{ServiceNames.KeyValue}/Put", $"{ServiceNames.KeyValue}/DeleteRange",
        $"{ServiceNames.KeyValue}/Txn", $"{ServiceNames.Lease}/LeaseGrant", $"{ServiceNames.Lease}/LeaseTimeToLive", $"{ServiceNames.Lease}/LeaseLeases",
        $"{ServiceNames.Lock}/Lock", $"{ServiceNames.Election}/Campaign", $"{ServiceNames.Election}/Proclaim", $"{ServiceNames.Election}/Leader",
        $"{ServiceNames.Election}/Observe", $"{ServiceNames.Maintenance}/Snapshot",
    ];

    // Their messages are looked at one by one, by the services that take them.
    private static readonly HashSet<string> Metered = [$"{ServiceNames.Watch}/Watch", $"{ServiceNames.Lease}/LeaseKeepAlive"];

    /// <summary>All methods that count, as <c>service/method</c>.</summary>
    internal static IEnumerable<string> Names => [.. Counted, .. Refusable, .. Metered];

    /// <summary>Puts the gate before a unary method.</summary>
    internal UnaryHandler Around(string service, string method, UnaryHandler handler)
    {
        string name = $"{service}/{method}";
        bool isRefusable = Refusable.Contains(name);
        if (!isRefusable && !Counted.Contains(name))
        {
            return handler;
        }

        return (call, request, reply) => rates.IsOn ? ServeAsync(call, request, reply) : handler(call, request, reply);

        ValueTask ServeAsync(RpcServerCall call, ReadOnlySequence<byte> request, IBufferWriter<byte> reply)
        {
            ValueTask<Caller> caller = access.CallerOfAsync(call);
            if (caller.IsCompletedSuccessfully)
            {
                Enter(call, caller.Result, request.Length, isRefusable);
                return handler(call, request, reply);
            }

            return ServeLaterAsync(caller, call, request, reply);
        }

        async ValueTask ServeLaterAsync(ValueTask<Caller> caller, RpcServerCall call, ReadOnlySequence<byte> request, IBufferWriter<byte> reply)
        {
            Enter(call, await caller.ConfigureAwait(false), request.Length, isRefusable);
            await handler(call, request, reply).ConfigureAwait(false);
        }
    }

    /// <summary>Puts the gate before a method with a stream.</summary>
    internal StreamingHandler Around(string service, string method, StreamingHandler handler)
    {
        string name = $"{service}/{method}";
        bool isRefusable = Refusable.Contains(name);
        if (!isRefusable && !Metered.Contains(name))
        {
            return handler;
        }

        return (call, requests, replies) => rates.IsOn ? ServeAsync(call, requests, replies) : handler(call, requests, replies);

        async Task ServeAsync(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies)
        {
            await EnterStreamAsync(call, isRefusable).ConfigureAwait(false);
            await handler(call, requests, replies).ConfigureAwait(false);
        }
    }

    private async ValueTask EnterStreamAsync(RpcServerCall call, bool isRefusable)
    {
        Caller caller;
        try
        {
            caller = await access.CallerOfAsync(call).ConfigureAwait(false);
        }
        catch (EtcdException) when (!isRefusable)
        {
            // These streams answer a bad token themselves, message by message. Until then its sender is a stranger.
            caller = Caller.Anonymous;
        }

        RateAccount? account = rates.AccountOf(access.Rules.Rules, caller, call.RemoteEndPoint);
        call.ReplyMeter = account;
        if (isRefusable)
        {
            account?.Take(bytes: 0);
        }
    }

    private void Enter(RpcServerCall call, Caller caller, long requestBytes, bool isRefusable)
    {
        RateAccount? account = rates.AccountOf(access.Rules.Rules, caller, call.RemoteEndPoint);
        call.ReplyMeter = account;
        if (isRefusable)
        {
            account?.Take(requestBytes);
        }
        else
        {
            account?.Charge(requestBytes);
        }
    }
}
