namespace Etcd.Testing.Networks;

/// <summary>A machine on a <see cref="PartitionableNetwork"/>.</summary>
/// <param name="Namespace">Where its processes run.</param>
/// <param name="Address">Where the other hosts reach it.</param>
public sealed record NetworkHost(NetworkNamespace Namespace, string Address);
