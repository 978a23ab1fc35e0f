using Etcd.Simulation.Clients;

namespace Etcd.Simulation.Checkers;

/// <summary>Every read says at which revision of the store it was taken: it must be exactly what the history has there. And no reply may
/// name a lower revision than a write that was acknowledged before the request was made.</summary>
internal sealed class ReadChecker(StoreHistory history, IReadOnlyList<Operation> operations, int keysPerGroup)
{
    public string? FindViolation() => FindUntrueRead() ?? FindUntrueWrite() ?? FindStaleReply();

    public string? FindUntrueRead()
    {
        var state = new Dictionary<string, KeyState>(StringComparer.Ordinal);
        using IEnumerator<(long Revision, IReadOnlyList<Change> Changes)> changes = history.Revisions.GetEnumerator();
        bool hasMore = changes.MoveNext();
        foreach (Operation read in operations.Where(operation => operation.IsKnown && operation.Seen.Count > 0).OrderBy(operation => operation.Revision))
        {
            for (; hasMore && changes.Current.Revision <= read.Revision; hasMore = changes.MoveNext())
            {
                foreach (Change change in changes.Current.Changes)
                {
                    state[change.Key] = change.IsDelete
                        ? default
                        : new KeyState(Keys.NumberOf(change.Value), change.Version, changes.Current.Revision);
                }
            }

            for (int key = 0; key < keysPerGroup; key++)
            {
                KeyState actual = state.GetValueOrDefault(Keys.Of(read.Group, key));
                if (read.Seen[key] != actual)
                {
                    return $"a read saw k{key} as {read.Seen[key]}, but at its revision {read.Revision} it was {actual}: {read}";
                }
            }
        }

        return null;
    }

    private string? FindUntrueWrite()
    {
        foreach (Operation write in operations.Where(operation => operation.IsAcknowledgedWrite))
        {
            if (!IsThere(write, history.ChangesAt(write.Revision)))
            {
                return $"an acknowledged write is lost: {write}; revision {write.Revision} is {string.Join(", ", history.ChangesAt(write.Revision))}";
            }
        }

        return null;
    }

    private static bool IsThere(Operation write, IReadOnlyList<Change> changes) => write.Kind switch
    {
        OperationKind.Delete => changes.Any(change => change.IsDelete && change.Key == Keys.Of(write.Group, write.Key)),
        OperationKind.Transaction =>
            changes.Where(static change => !change.IsDelete).Select(static change => Keys.NumberOf(change.Value)).SequenceEqual(write.Written)
            && changes.Count(static change => change.IsDelete) == write.Outcome!.Deleted,
        _ => changes.Any(change => !change.IsDelete && Keys.NumberOf(change.Value) == write.Value),
    };

    private string? FindStaleReply()
    {
        long newest = 0;
        Operation? newestWrite = null;
        using IEnumerator<Operation> returned = operations
            .Where(operation => operation.IsAcknowledgedWrite)
            .OrderBy(operation => operation.Return)
            .GetEnumerator();
        bool hasMore = returned.MoveNext();
        foreach (Operation later in operations.Where(operation => operation.IsKnown).OrderBy(operation => operation.Call))
        {
            for (; hasMore && returned.Current.Return < later.Call; hasMore = returned.MoveNext())
            {
                if (returned.Current.Revision > newest)
                {
                    newest = returned.Current.Revision;
                    newestWrite = returned.Current;
                }
            }

            if (later.Revision < newest)
            {
                return $"a reply is stale: {later} began after {newestWrite} had ended";
            }
        }

        return null;
    }
}
