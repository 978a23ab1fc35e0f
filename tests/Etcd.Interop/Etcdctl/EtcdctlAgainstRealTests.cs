using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>Both programs against real etcd 3.5.</summary>
public sealed class EtcdctlAgainstRealTests() : EtcdctlComparisonTests(ServerKind.Real35);
