using Etcd.Client;

namespace Etcdctl.Commands;

/// <summary>What a deletion is asked to do.</summary>
internal sealed record DeleteArguments(KeyRange Range, bool PreviousKeyValues);
