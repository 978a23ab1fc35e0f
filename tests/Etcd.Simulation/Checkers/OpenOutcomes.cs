using Etcd.Simulation.Clients;

namespace Etcd.Simulation.Checkers;

/// <summary>Says of writes whose outcome no client knows what became of them: each writes a value of its own, so the history tells.</summary>
/// <remarks>When they took effect stays open: any time after the call. What is not in the history when all is quiet never happened. A deletion
/// leaves no value; it stays wholly open if its key was deleted by nobody who knows. Without this the search for an order would try each such
/// write at each place.</remarks>
internal sealed class OpenOutcomes(StoreHistory history)
{
    public List<Operation> Resolve(IReadOnlyList<Operation> operations)
    {
        Dictionary<long, long> revisionOfValue = [];
        foreach ((long revision, IReadOnlyList<Change> changes) in history.Revisions)
        {
            foreach (Change change in changes.Where(static change => !change.IsDelete))
            {
                revisionOfValue[Keys.NumberOf(change.Value)] = revision;
            }
        }

        foreach (Operation operation in operations.Where(static operation => !operation.IsKnown && operation.Value != 0))
        {
            if (revisionOfValue.TryGetValue(operation.Value, out long revision))
            {
                operation.Revision = revision;
                operation.Succeeded = true;
            }
        }

        foreach (Operation operation in operations.Where(static operation => !operation.IsKnown && operation.Transaction is not null))
        {
            long found = operation.Transaction!.Values.FirstOrDefault(revisionOfValue.ContainsKey);
            if (found != 0)
            {
                operation.Revision = revisionOfValue[found];
                operation.Written =
                    [.. history.ChangesAt(operation.Revision).Where(static change => !change.IsDelete).Select(static change => Keys.NumberOf(change.Value))];
            }
        }

        HashSet<string> deletedByNobody = KeysDeletedByNobody(operations);
        return [.. operations.Where(operation => operation.IsKnown || operation.Kind switch
        {
            OperationKind.Read => false,
            OperationKind.Delete => deletedByNobody.Contains(Keys.Of(operation.Group, operation.Key)),
            _ => operation.Revision > 0,
        })];
    }

    private HashSet<string> KeysDeletedByNobody(IReadOnlyList<Operation> operations)
    {
        var known = operations.Where(static operation => operation.IsAcknowledgedWrite || !operation.IsKnown).Select(static operation => operation.Revision).ToHashSet();
        return history.Revisions
            .Where(item => !known.Contains(item.Revision))
            .SelectMany(static item => item.Changes)
            .Where(static change => change.IsDelete)
            .Select(static change => change.Key)
            .ToHashSet(StringComparer.Ordinal);
    }
}
