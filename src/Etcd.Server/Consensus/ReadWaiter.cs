namespace Etcd.Server.Consensus;

/// <summary>A linearizable read that waits until this member has applied all that was committed when the read arrived.</summary>
/// <param name="deadline">Timestamp at which the caller stops waiting.</param>
/// <param name="completions">How its continuations run.</param>
/// <param name="needsApplied">Whether it waits for apply too, and not only for the leader to be confirmed.</param>
internal sealed class ReadWaiter(long deadline, TaskCreationOptions completions, bool needsApplied = true)
{
    private readonly TaskCompletionSource _source = new(completions);

    /// <summary>Timestamp of the server's clock at which the caller stops waiting.</summary>
    internal long Deadline { get; } = deadline;

    /// <summary>Whether it waits for apply too.</summary>
    internal bool NeedsApplied { get; } = needsApplied;

    /// <summary>Completes when the read may look at the store.</summary>
    internal Task Confirmed => _source.Task;

    /// <summary>Lets the read go on.</summary>
    internal void Confirm() => _source.TrySetResult();

    /// <summary>Fails the read.</summary>
    internal void Fail(Exception error) => _source.TrySetException(error);
}
