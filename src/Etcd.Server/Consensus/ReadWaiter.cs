namespace Etcd.Server.Consensus;

/// <summary>A linearizable read that waits until this member has applied all that was committed when the read arrived.</summary>
internal sealed class ReadWaiter(long deadline, TaskCreationOptions completions)
{
    private readonly TaskCompletionSource _source = new(completions);

    /// <summary>Timestamp of the server's clock at which the caller stops waiting.</summary>
    internal long Deadline { get; } = deadline;

    /// <summary>Completes when the read may look at the store.</summary>
    internal Task Confirmed => _source.Task;

    /// <summary>Lets the read go on.</summary>
    internal void Confirm() => _source.TrySetResult();

    /// <summary>Fails the read.</summary>
    internal void Fail(Exception error) => _source.TrySetException(error);
}
