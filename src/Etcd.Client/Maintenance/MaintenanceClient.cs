using System.Runtime.CompilerServices;
using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>Asks members about their state, handles alarms, takes snapshots.</summary>
public sealed class MaintenanceClient
{
    private readonly CallInvoker _calls;

    internal MaintenanceClient(CallInvoker calls) => _calls = calls;

    /// <summary>Asks one member about its version, size, leader and indexes.</summary>
    /// <param name="endpoint">The member; it need not be among the client's endpoints. <see langword="null"/>: whichever answers.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<StatusResponse> StatusAsync(string? endpoint = null, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.Status, new StatusRequest(), CallKind.Repeatable, endpoint, cancellationToken);

    /// <summary>Asks one member for a hash of its keys; members of one cluster have equal hashes at equal revisions.</summary>
    /// <param name="endpoint">The member. <see langword="null"/>: whichever answers.</param>
    /// <param name="revision">Last revision to include; 0: the newest.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<HashKVResponse> HashKvAsync(
        string? endpoint = null, long revision = 0, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(
            Methods.HashKv, new HashKVRequest { Revision = revision }, CallKind.Repeatable, endpoint, cancellationToken);

    /// <summary>Rewrites one member's file without its free pages. The member answers nothing else meanwhile.</summary>
    /// <param name="endpoint">The member. <see langword="null"/>: whichever answers.</param>
    /// <param name="cancellationToken">Gives the call up; the member goes on.</param>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<DefragmentResponse> DefragmentAsync(string? endpoint = null, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.Defragment, new DefragmentRequest(), CallKind.Write, endpoint, cancellationToken);

    /// <summary>Has the leader hand leadership to another voter; completes once it leads.</summary>
    /// <param name="memberId">Who is to lead.</param>
    /// <param name="leaderEndpoint">The leader; others refuse. <see langword="null"/>: whichever answers.</param>
    /// <param name="cancellationToken">Gives the call up; leadership may move all the same.</param>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<MoveLeaderResponse> MoveLeaderAsync(
        ulong memberId, string? leaderEndpoint = null, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(
            Methods.MoveLeader, new MoveLeaderRequest { TargetID = memberId }, CallKind.Write, leaderEndpoint, cancellationToken);

    /// <summary>Validates, begins or cancels the downgrade of a cluster to the release below.</summary>
    /// <param name="action">What to do.</param>
    /// <param name="version">Release to go down to, as <c>3.5</c>; empty for cancelling.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <returns>The version of the cluster.</returns>
    /// <exception cref="RpcException">The call failed; Unimplemented on servers that know no downgrade.</exception>
    public Task<DowngradeResponse> DowngradeAsync(
        DowngradeRequest.Types.DowngradeAction action, string version, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(
            Methods.Downgrade, new DowngradeRequest { Action = action, Version = version }, CallKind.Write, cancellationToken);

    /// <summary>Lists the alarms that are raised.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AlarmResponse> AlarmsAsync(CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(
            Methods.Alarm, new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Get }, CallKind.Repeatable, cancellationToken);

    /// <summary>Clears one alarm.</summary>
    /// <returns>The alarm that was cleared; none when it was not raised.</returns>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<AlarmResponse> DisarmAsync(AlarmMember alarm, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(alarm);
        AlarmRequest request = new()
        {
            Action = AlarmRequest.Types.AlarmAction.Deactivate,
            MemberID = alarm.MemberID,
            Alarm = alarm.Alarm,
        };
        return _calls.UnaryAsync(Methods.Alarm, request, CallKind.Repeatable, cancellationToken);
    }

    /// <summary>Reads a member's whole store as it is at one moment, in pieces. The last 32 bytes are the SHA-256 of all before.</summary>
    /// <remarks>The stream is not repeated: when it breaks, begin again.</remarks>
    /// <exception cref="RpcException">The call failed.</exception>
    public async IAsyncEnumerable<SnapshotResponse> SnapshotAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using IEndpointStream<SnapshotRequest, SnapshotResponse> stream =
            await OpenSnapshotAsync(cancellationToken).ConfigureAwait(false);
        while (await stream.ReadAsync(cancellationToken).ConfigureAwait(false) is { } piece)
        {
            yield return piece;
        }
    }

    /// <summary>Writes a snapshot with its checksum to a stream, and verifies the checksum.</summary>
    /// <param name="destination">Where to.</param>
    /// <param name="progress">Told the bytes that are left, after each piece.</param>
    /// <param name="cancellationToken">Gives up; what was written stays.</param>
    /// <returns>Bytes written: the store and 32 bytes of checksum.</returns>
    /// <exception cref="RpcException">The call failed.</exception>
    /// <exception cref="InvalidDataException">The bytes do not match their checksum.</exception>
    public async Task<long> SaveSnapshotAsync(
        Stream destination, IProgress<ulong>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using SnapshotChecksum checksum = new();
        long written = 0;
        await foreach (SnapshotResponse piece in SnapshotAsync(cancellationToken).ConfigureAwait(false))
        {
            checksum.Append(piece.Blob.Span);
            await destination.WriteAsync(piece.Blob.Memory, cancellationToken).ConfigureAwait(false);
            written += piece.Blob.Length;
            progress?.Report(piece.RemainingBytes);
        }

        return checksum.Matches()
            ? written
            : throw new InvalidDataException($"sha256 checksum of the snapshot does not match [bytes: {written}]");
    }

    private async Task<IEndpointStream<SnapshotRequest, SnapshotResponse>> OpenSnapshotAsync(CancellationToken cancellationToken)
    {
        Backoff backoff = _calls.NewBackoff();
        while (true)
        {
            string endpoint = _calls.CurrentEndpoint;
            try
            {
                IEndpointStream<SnapshotRequest, SnapshotResponse> stream = await _calls
                    .StreamAsync(Methods.Snapshot, requireLeader: false, endpoint, cancellationToken).ConfigureAwait(false);
                await stream.WriteAsync(new SnapshotRequest(), cancellationToken).ConfigureAwait(false);
                await stream.CompleteAsync(cancellationToken).ConfigureAwait(false);
                return stream;
            }
            catch (RpcException error) when (_calls.TryRecover(error, endpoint, Methods.Snapshot.Path))
            {
                await backoff.WaitAsync(longest: null, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
