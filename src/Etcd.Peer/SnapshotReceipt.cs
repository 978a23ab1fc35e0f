namespace Etcd.Peer;

/// <summary>What became of a snapshot transfer.</summary>
/// <param name="Outcome">The kind of end.</param>
/// <param name="Reason">Why it failed; empty when it did not.</param>
public readonly record struct SnapshotReceipt(SnapshotReceiptOutcome Outcome, string Reason = "");
