namespace Etcd.Api;

/// <summary>Full names of etcd's gRPC services.</summary>
internal static class ServiceNames
{
    internal const string Auth = "etcdserverpb.Auth";
    internal const string KeyValue = "etcdserverpb.KV";
    internal const string Watch = "etcdserverpb.Watch";
    internal const string Lease = "etcdserverpb.Lease";
    internal const string Cluster = "etcdserverpb.Cluster";
    internal const string Maintenance = "etcdserverpb.Maintenance";
    internal const string Lock = "v3lockpb.Lock";
    internal const string Election = "v3electionpb.Election";
}
