namespace Etcd.Raft;

/// <summary>How far each voter has acknowledged a growing sequence (log indexes, read rounds).</summary>
internal interface IAcknowledgedIndexes
{
    /// <summary>The voter's highest acknowledged index; 0 if none is known.</summary>
    ulong AcknowledgedBy(ulong id);
}
