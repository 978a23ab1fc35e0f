using Etcd.Grpc.Server;
using Etcd.Protocol.Errors;
using Etcd.Server;

namespace Etcd.Api.Services.Coordination;

/// <summary>What all calls of locks and elections have in common: they end when the member stops, and nobody who gave up keeps a place.</summary>
internal sealed class CoordinationCalls(EtcdServer server)
{
    /// <summary>A call's handler with the token that ends it.</summary>
    internal delegate ValueTask<TReply> Handler<TRequest, TReply>(RpcServerCall call, TRequest request, CancellationToken cancellationToken);

    /// <summary>Gives a handler its token, and its refusals their form.</summary>
    internal Func<RpcServerCall, TRequest, ValueTask<TReply>> Around<TRequest, TReply>(Handler<TRequest, TReply> handler) =>
        async (call, request) =>
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(call.CancellationToken, server.StreamsEnding);
            try
            {
                return await handler(call, request, ended.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (IsStopping(call))
            {
                throw new EtcdException(EtcdErrorCode.Stopped);
            }
            catch (EtcdException refusal) when (refusal.Code != EtcdErrorCode.Stopped)
            {
                throw CoordinationErrors.From(refusal);
            }
        };

    /// <summary>Gives the refusals of a stream their form.</summary>
    internal static async Task TranslatingAsync(Func<Task> stream)
    {
        try
        {
            await stream().ConfigureAwait(false);
        }
        catch (EtcdException refusal)
        {
            throw CoordinationErrors.From(refusal);
        }
    }

    /// <summary>Waits, and gives a place up if that fails.</summary>
    /// <remarks>When the member stops, the place is kept: the client finds it again at the next member, by its lease.</remarks>
    internal async ValueTask<T> OrLeaveAsync<T>(
        WaitingLine line, Place place, ActingUser user, Func<CancellationToken, ValueTask<T>> wait, CancellationToken cancellationToken)
    {
        try
        {
            T outcome = await wait(cancellationToken).ConfigureAwait(false);

            // Who has gone meanwhile must not get a turn that nobody would end before the lease.
            cancellationToken.ThrowIfCancellationRequested();
            return outcome;
        }
        catch (Exception failure) when (failure is EtcdException or OperationCanceledException && !server.StreamsEnding.IsCancellationRequested)
        {
            try
            {
                await line.LeaveAsync(place, user).ConfigureAwait(false);
            }
            catch (EtcdException)
            {
                // The place ends with its lease then. The caller is told what went wrong first.
            }

            throw;
        }
    }

    // Of a client that has gone as well, the going counts.
    private bool IsStopping(RpcServerCall call) =>
        server.StreamsEnding.IsCancellationRequested && !call.CancellationToken.IsCancellationRequested;
}
