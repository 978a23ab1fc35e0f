using Etcd.Client;

namespace Etcdctl.Commands;

/// <summary>What a put is asked to do.</summary>
internal sealed record PutArguments(byte[] Key, byte[] Value, PutOptions Options);
