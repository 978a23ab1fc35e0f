using Etcd.Api.Limits.Rates;
using Etcd.Auth;
using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Tls;
using Etcd.Server;
using Etcd.Server.Operations;

namespace Etcd.Api.Services;

/// <summary>Finds the user behind a call, and closes methods to those they are not for.</summary>
internal sealed class CallAccess(EtcdServer server)
{
    private readonly AccessOperations _access = server.Access;

    /// <summary>Rules, and questions about callers.</summary>
    internal AccessOperations Rules => _access;

    /// <summary>Whether anybody is asked who they are.</summary>
    internal bool IsNeeded => _access.IsNeeded;

    /// <summary>The user behind a call; nobody while authentication is off, which costs nothing.</summary>
    /// <exception cref="Protocol.Errors.EtcdException">The call shows a token that is not good.</exception>
    internal ValueTask<Caller> CallerOfAsync(RpcServerCall call)
    {
        if (!_access.IsNeeded)
        {
            return default;
        }

        // Whoever counted the call has recognised it already; a stream is looked at again with each message.
        return call.ReplyMeter is RateAccount { Caller: { IsAnonymous: false } known } && call.Descriptor.Kind == RpcMethodKind.Unary
            ? new ValueTask<Caller>(known)
            : RecogniseAsync(call);
    }

    /// <summary>Closes a method to all but users.</summary>
    internal Func<RpcServerCall, TRequest, ValueTask<TReply>> ForUsers<TRequest, TReply>(
        Func<RpcServerCall, TRequest, ValueTask<TReply>> handler) =>
        (call, request) => _access.IsNeeded ? ServeUserAsync(handler, call, request) : handler(call, request);

    /// <summary>Closes a method to all but role root.</summary>
    internal Func<RpcServerCall, TRequest, ValueTask<TReply>> ForRoot<TRequest, TReply>(
        Func<RpcServerCall, TRequest, ValueTask<TReply>> handler) =>
        (call, request) => _access.IsNeeded ? ServeRootAsync(handler, call, request) : handler(call, request);

    /// <summary>Demands role root of a call.</summary>
    /// <exception cref="Protocol.Errors.EtcdException">The caller does not have it.</exception>
    internal async ValueTask RequireRootAsync(RpcServerCall call)
    {
        Caller caller = await CallerOfAsync(call).ConfigureAwait(false);
        await _access.RequireRootAsync(caller).ConfigureAwait(false);
    }

    private async ValueTask<TReply> ServeUserAsync<TRequest, TReply>(
        Func<RpcServerCall, TRequest, ValueTask<TReply>> handler, RpcServerCall call, TRequest request)
    {
        Caller caller = await CallerOfAsync(call).ConfigureAwait(false);
        await _access.RequireUserAsync(caller).ConfigureAwait(false);
        return await handler(call, request).ConfigureAwait(false);
    }

    private async ValueTask<TReply> ServeRootAsync<TRequest, TReply>(
        Func<RpcServerCall, TRequest, ValueTask<TReply>> handler, RpcServerCall call, TRequest request)
    {
        await RequireRootAsync(call).ConfigureAwait(false);
        return await handler(call, request).ConfigureAwait(false);
    }

    private ValueTask<Caller> RecogniseAsync(RpcServerCall call)
    {
        // The second name is what the JSON gateway makes of the HTTP header.
        string? token = call.RequestHeader("token") ?? call.RequestHeader("authorization");
        string? certificateUser = server.Options.ClientCertificatesNameUsers && call.ClientCertificate is { } certificate
            ? CommonName.Of(certificate)
            : null;
        return _access.RecogniseAsync(token, certificateUser, call.CancellationToken);
    }
}
