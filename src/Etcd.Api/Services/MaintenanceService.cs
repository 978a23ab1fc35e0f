using System.Security.Cryptography;

using Etcd.Grpc.Server;
using Etcd.Mvcc;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Operations;

namespace Etcd.Api.Services;

/// <summary>etcdserverpb.Maintenance.</summary>
internal sealed class MaintenanceService(EtcdServer server)
{
    private readonly MaintenanceOperations _maintenance = server.Maintenance;
    private readonly HeaderSource _headers = server.Headers;

    internal void AddTo(RpcServiceTable table)
    {
        table.AddUnary(
            ServiceNames.Maintenance,
            "Alarm",
            AlarmRequest.Parser,
            (call, request) => _maintenance.AlarmAsync(request, call.CancellationToken));
        table.AddUnary(
            ServiceNames.Maintenance, "Status", StatusRequest.Parser, (_, _) => new ValueTask<StatusResponse>(_maintenance.Status()));

        table.AddUnary(
            ServiceNames.Maintenance,
            "MoveLeader",
            MoveLeaderRequest.Parser,
            (call, request) => _maintenance.MoveLeaderAsync(request, call.CancellationToken));

        // These read or rewrite the whole file: on a thread of their own they hold up no other call of the connection.
        table.AddUnary(
            ServiceNames.Maintenance,
            "Defragment",
            DefragmentRequest.Parser,
            (_, _) => new ValueTask<DefragmentResponse>(Task.Run(_maintenance.Defragment)));
        table.AddUnary(
            ServiceNames.Maintenance, "Hash", HashRequest.Parser, (_, _) => new ValueTask<HashResponse>(Task.Run(_maintenance.Hash)));
        table.AddUnary(
            ServiceNames.Maintenance,
            "HashKV",
            HashKVRequest.Parser,
            (_, request) => new ValueTask<HashKVResponse>(Task.Run(() => _maintenance.HashByRevision(request))));
        table.AddServerStream(ServiceNames.Maintenance, "Snapshot", SnapshotRequest.Parser, SnapshotAsync);
    }

    private async Task SnapshotAsync(RpcServerCall call, SnapshotRequest request, RpcReplyWriter replies)
    {
        CancellationToken cancellationToken = call.CancellationToken;
        using BackendSnapshot snapshot = await Task.Run(_maintenance.OpenSnapshot, cancellationToken).ConfigureAwait(false);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var sender = new SnapshotSender(replies, hash, _headers, snapshot.SizeBytes, cancellationToken);
        await using (sender.ConfigureAwait(false))
        {
            await snapshot.CopyToAsync(sender, progress: null, cancellationToken).ConfigureAwait(false);
            await sender.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        await sender.SendDigestAsync().ConfigureAwait(false);
    }
}
