using System.Security.Cryptography;

using Etcd.Auth;
using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Health;
using Etcd.Mvcc;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Operations;

namespace Etcd.Api.Services;

/// <summary>etcdserverpb.Maintenance.</summary>
internal sealed class MaintenanceService(EtcdServer server, CallAccess access, RpcHealth health)
{
    private readonly DefragmentationHealth _defragmentations = new(
        status => health.Set(string.Empty, status), server.Options.IsUnhealthyWhileDefragmenting);
    private readonly MaintenanceOperations _maintenance = server.Maintenance;

    internal void AddTo(RpcServiceTable table)
    {
        table.AddUnary(
            ServiceNames.Maintenance,
            "Alarm",
            AlarmRequest.Parser,
            AlarmAsync);
        table.AddUnary(
            ServiceNames.Maintenance,
            "Status",
            StatusRequest.Parser,
            access.ForRoot<StatusRequest, StatusResponse>((_, _) => new ValueTask<StatusResponse>(_maintenance.Status())));

        table.AddUnary(
            ServiceNames.Maintenance,
            "MoveLeader",
            MoveLeaderRequest.Parser,
            access.ForRoot<MoveLeaderRequest, MoveLeaderResponse>(
                (call, request) => _maintenance.MoveLeaderAsync(request, call.CancellationToken)));

        // These read or rewrite the whole file: on a thread of their own they hold up no other call of the connection.
        table.AddUnary(
            ServiceNames.Maintenance,
            "Defragment",
            DefragmentRequest.Parser,
            access.ForRoot<DefragmentRequest, DefragmentResponse>(
                (_, _) => new ValueTask<DefragmentResponse>(Task.Run(Defragment))));
        table.AddUnary(
            ServiceNames.Maintenance,
            "Hash",
            HashRequest.Parser,
            access.ForRoot<HashRequest, HashResponse>((_, _) => new ValueTask<HashResponse>(Task.Run(_maintenance.Hash))));
        table.AddUnary(
            ServiceNames.Maintenance,
            "HashKV",
            HashKVRequest.Parser,
            access.ForRoot<HashKVRequest, HashKVResponse>(
                (_, request) => new ValueTask<HashKVResponse>(Task.Run(() => _maintenance.HashByRevision(request)))));
        table.AddUnary(
            ServiceNames.Maintenance,
            "Downgrade",
            DowngradeRequest.Parser,
            access.ForRoot<DowngradeRequest, DowngradeResponse>(DowngradeAsync));
        table.AddServerStream(ServiceNames.Maintenance, "Snapshot", SnapshotRequest.Parser, SnapshotAsync);
    }

    private DefragmentResponse Defragment() => _defragmentations.During(_maintenance.Defragment);

    // Whoever may log in may look at the alarms; raising and lowering them stops and starts everybody's writes.
    private async ValueTask<AlarmResponse> AlarmAsync(RpcServerCall call, AlarmRequest request)
    {
        Caller caller = await access.CallerOfAsync(call).ConfigureAwait(false);
        if (request.Action == AlarmRequest.Types.AlarmAction.Get)
        {
            await access.Rules.RequireUserAsync(caller).ConfigureAwait(false);
        }
        else
        {
            await access.Rules.RequireRootAsync(caller).ConfigureAwait(false);
        }

        return await _maintenance.AlarmAsync(request, call.CancellationToken).ConfigureAwait(false);
    }

    private ValueTask<DowngradeResponse> DowngradeAsync(RpcServerCall call, DowngradeRequest request) =>
        Enum.IsDefined(request.Action)
            ? server.Downgrade.DowngradeAsync(request, call.CancellationToken)
            : throw new RpcException(RpcStatusCode.Unknown, "etcdserver: unknown method");

    private async Task SnapshotAsync(RpcServerCall call, SnapshotRequest request, RpcReplyWriter replies)
    {
        await access.RequireRootAsync(call).ConfigureAwait(false);
        CancellationToken cancellationToken = call.CancellationToken;
        long began = server.Readings.Instruments.Timestamp();
        using BackendSnapshot snapshot = await Task.Run(_maintenance.OpenSnapshot, cancellationToken).ConfigureAwait(false);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var sender = new SnapshotSender(replies, hash, snapshot.SizeBytes, cancellationToken);
        await using (sender.ConfigureAwait(false))
        {
            await snapshot.CopyToAsync(sender, progress: null, cancellationToken).ConfigureAwait(false);
            await sender.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        await sender.SendDigestAsync().ConfigureAwait(false);
        server.Readings.Instruments.BackendSent(began);
    }
}
