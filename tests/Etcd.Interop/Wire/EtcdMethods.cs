using Etcd.Grpc;
using Etcd.Protocol.Elections;
using Etcd.Protocol.Locks;
using Etcd.Protocol.Rpc;

namespace Etcd.Interop.Wire;

/// <summary>The gRPC methods the tests call.</summary>
internal static class EtcdMethods
{
    public static readonly RpcMethod<RangeRequest, RangeResponse> Range = new("etcdserverpb.KV", "Range", RangeResponse.Parser);
    public static readonly RpcMethod<PutRequest, PutResponse> Put = new("etcdserverpb.KV", "Put", PutResponse.Parser);
    public static readonly RpcMethod<DeleteRangeRequest, DeleteRangeResponse> DeleteRange = new("etcdserverpb.KV", "DeleteRange", DeleteRangeResponse.Parser);
    public static readonly RpcMethod<TxnRequest, TxnResponse> Txn = new("etcdserverpb.KV", "Txn", TxnResponse.Parser);
    public static readonly RpcMethod<CompactionRequest, CompactionResponse> Compact = new("etcdserverpb.KV", "Compact", CompactionResponse.Parser);
    public static readonly RpcMethod<WatchRequest, WatchResponse> Watch = new("etcdserverpb.Watch", "Watch", WatchResponse.Parser);
    public static readonly RpcMethod<LeaseGrantRequest, LeaseGrantResponse> LeaseGrant = new("etcdserverpb.Lease", "LeaseGrant", LeaseGrantResponse.Parser);
    public static readonly RpcMethod<LeaseRevokeRequest, LeaseRevokeResponse> LeaseRevoke = new("etcdserverpb.Lease", "LeaseRevoke", LeaseRevokeResponse.Parser);
    public static readonly RpcMethod<LeaseTimeToLiveRequest, LeaseTimeToLiveResponse> LeaseTimeToLive = new("etcdserverpb.Lease", "LeaseTimeToLive", LeaseTimeToLiveResponse.Parser);
    public static readonly RpcMethod<LeaseKeepAliveRequest, LeaseKeepAliveResponse> LeaseKeepAlive = new("etcdserverpb.Lease", "LeaseKeepAlive", LeaseKeepAliveResponse.Parser);
    public static readonly RpcMethod<StatusRequest, StatusResponse> Status = new("etcdserverpb.Maintenance", "Status", StatusResponse.Parser);
    public static readonly RpcMethod<HashKVRequest, HashKVResponse> HashKv = new("etcdserverpb.Maintenance", "HashKV", HashKVResponse.Parser);
    public static readonly RpcMethod<HashRequest, HashResponse> Hash = new("etcdserverpb.Maintenance", "Hash", HashResponse.Parser);
    public static readonly RpcMethod<DefragmentRequest, DefragmentResponse> Defragment = new("etcdserverpb.Maintenance", "Defragment", DefragmentResponse.Parser);
    public static readonly RpcMethod<SnapshotRequest, SnapshotResponse> Snapshot = new("etcdserverpb.Maintenance", "Snapshot", SnapshotResponse.Parser);
    public static readonly RpcMethod<DowngradeRequest, DowngradeResponse> Downgrade = new("etcdserverpb.Maintenance", "Downgrade", DowngradeResponse.Parser);
    public static readonly RpcMethod<MoveLeaderRequest, MoveLeaderResponse> MoveLeader = new("etcdserverpb.Maintenance", "MoveLeader", MoveLeaderResponse.Parser);
    public static readonly RpcMethod<MemberAddRequest, MemberAddResponse> MemberAdd = new("etcdserverpb.Cluster", "MemberAdd", MemberAddResponse.Parser);
    public static readonly RpcMethod<MemberRemoveRequest, MemberRemoveResponse> MemberRemove = new("etcdserverpb.Cluster", "MemberRemove", MemberRemoveResponse.Parser);
    public static readonly RpcMethod<MemberListRequest, MemberListResponse> MemberList = new("etcdserverpb.Cluster", "MemberList", MemberListResponse.Parser);
    public static readonly RpcMethod<AlarmRequest, AlarmResponse> Alarm = new("etcdserverpb.Maintenance", "Alarm", AlarmResponse.Parser);
    public static readonly RpcMethod<LockRequest, LockResponse> Lock = new("v3lockpb.Lock", "Lock", LockResponse.Parser);
    public static readonly RpcMethod<UnlockRequest, UnlockResponse> Unlock = new("v3lockpb.Lock", "Unlock", UnlockResponse.Parser);
    public static readonly RpcMethod<CampaignRequest, CampaignResponse> Campaign = new("v3electionpb.Election", "Campaign", CampaignResponse.Parser);
    public static readonly RpcMethod<ProclaimRequest, ProclaimResponse> Proclaim = new("v3electionpb.Election", "Proclaim", ProclaimResponse.Parser);
    public static readonly RpcMethod<LeaderRequest, LeaderResponse> Leader = new("v3electionpb.Election", "Leader", LeaderResponse.Parser);
    public static readonly RpcMethod<LeaderRequest, LeaderResponse> Observe = new("v3electionpb.Election", "Observe", LeaderResponse.Parser);
    public static readonly RpcMethod<ResignRequest, ResignResponse> Resign = new("v3electionpb.Election", "Resign", ResignResponse.Parser);
    public static readonly RpcMethod<MemberUpdateRequest, MemberUpdateResponse> MemberUpdate = new("etcdserverpb.Cluster", "MemberUpdate", MemberUpdateResponse.Parser);
    public static readonly RpcMethod<RangeRequest, RangeResponse> NoSuchMethod = new("etcdserverpb.KV", "Nope", RangeResponse.Parser);
    public static readonly RpcMethod<RangeRequest, RangeResponse> NoSuchService = new("no.such.Service", "Nope", RangeResponse.Parser);
}
