using Etcd.Grpc;
using Etcd.Protocol.Rpc;

namespace Etcd.Client.Calls;

/// <summary>The methods of the services. Properties, so that a program which makes one call prepares one method.</summary>
internal static class Methods
{
    private const string KvService = "etcdserverpb.KV";
    private const string LeaseService = "etcdserverpb.Lease";
    private const string MaintenanceService = "etcdserverpb.Maintenance";

    public static RpcMethod<RangeRequest, RangeResponse> Range =>
        field ??= new(KvService, "Range", RangeResponse.Parser);

    public static RpcMethod<PutRequest, PutResponse> Put =>
        field ??= new(KvService, "Put", PutResponse.Parser);

    public static RpcMethod<DeleteRangeRequest, DeleteRangeResponse> DeleteRange =>
        field ??= new(KvService, "DeleteRange", DeleteRangeResponse.Parser);

    public static RpcMethod<TxnRequest, TxnResponse> Txn =>
        field ??= new(KvService, "Txn", TxnResponse.Parser);

    public static RpcMethod<CompactionRequest, CompactionResponse> Compact =>
        field ??= new(KvService, "Compact", CompactionResponse.Parser);

    public static RpcMethod<WatchRequest, WatchResponse> Watch =>
        field ??= new("etcdserverpb.Watch", "Watch", WatchResponse.Parser);

    public static RpcMethod<LeaseGrantRequest, LeaseGrantResponse> LeaseGrant =>
        field ??= new(LeaseService, "LeaseGrant", LeaseGrantResponse.Parser);

    public static RpcMethod<LeaseRevokeRequest, LeaseRevokeResponse> LeaseRevoke =>
        field ??= new(LeaseService, "LeaseRevoke", LeaseRevokeResponse.Parser);

    public static RpcMethod<LeaseKeepAliveRequest, LeaseKeepAliveResponse> LeaseKeepAlive =>
        field ??= new(LeaseService, "LeaseKeepAlive", LeaseKeepAliveResponse.Parser);

    public static RpcMethod<LeaseTimeToLiveRequest, LeaseTimeToLiveResponse> LeaseTimeToLive =>
        field ??= new(LeaseService, "LeaseTimeToLive", LeaseTimeToLiveResponse.Parser);

    public static RpcMethod<LeaseLeasesRequest, LeaseLeasesResponse> LeaseLeases =>
        field ??= new(LeaseService, "LeaseLeases", LeaseLeasesResponse.Parser);

    public static RpcMethod<MemberListRequest, MemberListResponse> MemberList =>
        field ??= new("etcdserverpb.Cluster", "MemberList", MemberListResponse.Parser);

    public static RpcMethod<AlarmRequest, AlarmResponse> Alarm =>
        field ??= new(MaintenanceService, "Alarm", AlarmResponse.Parser);

    public static RpcMethod<StatusRequest, StatusResponse> Status =>
        field ??= new(MaintenanceService, "Status", StatusResponse.Parser);

    public static RpcMethod<HashKVRequest, HashKVResponse> HashKv =>
        field ??= new(MaintenanceService, "HashKV", HashKVResponse.Parser);

    public static RpcMethod<SnapshotRequest, SnapshotResponse> Snapshot =>
        field ??= new(MaintenanceService, "Snapshot", SnapshotResponse.Parser);

    public static RpcMethod<AuthenticateRequest, AuthenticateResponse> Authenticate =>
        field ??= new("etcdserverpb.Auth", "Authenticate", AuthenticateResponse.Parser);
}
