using Etcd.Client;

namespace Etcdctl.Commands;

/// <summary>What a get is asked for.</summary>
internal sealed record GetArguments(KeyRange Range, GetOptions Options);
