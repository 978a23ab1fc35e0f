using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>Both programs against this repository's server.</summary>
public sealed class EtcdctlAgainstOursTests() : EtcdctlComparisonTests(ServerKind.Ours);
