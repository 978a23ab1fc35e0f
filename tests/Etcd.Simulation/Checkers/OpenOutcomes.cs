using Etcd.Simulation.Clients;

namespace Etcd.Simulation.Checkers;

/// <summary>Says of writes whose outcome no client knows what became of them: each writes a value of its own, so the history tells.</summary>
/// <remarks>When they took effect stays open: any time after the call. What is not in the history when all is quiet never happened. A deletion
/// leaves no value; it stays wholly open. Without this the search for an order would try each such write at each place.</remarks>
internal sealed class OpenOutcomes(StoreHistory history)
{
    public List<Operation> Resolve(IEnumerable<Operation> operations)
    {
        Dictionary<long, long> revisionOfValue = [];
        foreach ((long revision, IReadOnlyList<Change> changes) in history.Revisions)
        {
            foreach (Change change in changes.Where(static change => !change.IsDelete))
            {
                revisionOfValue[Keys.NumberOf(change.Value)] = revision;
            }
        }

        var resolved = new List<Operation>();
        foreach (Operation operation in operations)
        {
            if (!operation.IsKnown && operation.Value != 0)
            {
                if (!revisionOfValue.TryGetValue(operation.Value, out long revision))
                {
                    continue;
                }

                operation.Revision = revision;
                operation.Succeeded = true;
            }

            resolved.Add(operation);
        }

        return resolved;
    }
}
