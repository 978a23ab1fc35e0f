using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Checkers;

/// <summary>Looks for an order of the operations on one group of keys that a single copy of the data could have carried out, in which each
/// operation stands between its call and its return (Wing and Gong 1993, with the memory of Lowe 2017).</summary>
/// <remarks>An operation with an unknown outcome may stand anywhere after its call, or nowhere. The search goes back where an operation must
/// have happened by now and cannot have; what was tried (set of operations, state) is not tried again.</remarks>
internal sealed class LinearizabilityChecker
{
    /// <summary>Steps of the search after which a history counts as too hard, which ends the run as an error of the simulation.</summary>
    private const int StepsMax = 2_000_000;

    private readonly List<Operation> _operations;
    private readonly int _keys;

    /// <summary>Writes whose revision is known, in its order: the only one in which they can have happened.</summary>
    private readonly Operation[] _ordered;

    public LinearizabilityChecker(IEnumerable<Operation> operations, int keys)
    {
        // A read that returned nothing says nothing.
        _operations = [.. operations.Where(operation => operation.IsKnown || operation.Kind != OperationKind.Read).OrderBy(operation => operation.Call)];
        _keys = keys;
        _ordered = [.. _operations.Where(IsOrdered).OrderBy(operation => operation.Revision)];
    }

    /// <summary>Checks.</summary>
    /// <returns>Why there is no such order, or <see langword="null"/> when there is one.</returns>
    public string? FindViolation()
    {
        var list = new PendingList(_operations);
        var tried = new HashSet<Attempt>();
        var done = new OperationSet(_operations.Count);
        var path = new Stack<(Step Step, GroupState Before)>();
        GroupState state = GroupState.Empty(_keys);
        int returnsLeft = _operations.Count(operation => operation.IsKnown);
        int longest = 0;
        int ordered = 0;
        string stuckAt = string.Empty;
        Step? step = list.First;
        for (int steps = 0; returnsLeft > 0; steps++)
        {
            if (steps > StepsMax)
            {
                throw new SimulationFailedException($"{_operations.Count} operations are too many to be put in order");
            }

            if (step is { IsCall: true })
            {
                bool isOrdered = IsOrdered(step.Operation);
                GroupState? after = isOrdered && _ordered[ordered] != step.Operation ? null : state.After(step.Operation);
                OperationSet with = after is null ? default : done.With(step.Number);
                if (after is not null && tried.Add(new Attempt(with, after)))
                {
                    ordered += isOrdered ? 1 : 0;
                    path.Push((step, state));
                    done = with;
                    state = after;
                    returnsLeft -= step.Operation.IsKnown ? 1 : 0;
                    PendingList.Lift(step);
                    step = list.First;
                }
                else
                {
                    step = step.Next;
                }

                continue;
            }

            // A return whose call has not been placed, or the end: what was placed last was placed wrongly.
            if (path.Count >= longest)
            {
                longest = path.Count;
                stuckAt = Describe(step, state, path);
            }

            if (!path.TryPop(out (Step Step, GroupState Before) last))
            {
                return stuckAt;
            }

            PendingList.Unlift(last.Step);
            ordered -= IsOrdered(last.Step.Operation) ? 1 : 0;
            done = done.Without(last.Step.Number);
            state = last.Before;
            returnsLeft += last.Step.Operation.IsKnown ? 1 : 0;
            step = last.Step.Next;
        }

        return null;
    }

    private static bool IsOrdered(Operation operation) => operation.IsAcknowledgedWrite || (!operation.IsKnown && operation.Revision > 0);

    private string Describe(Step? step, GroupState state, Stack<(Step Step, GroupState Before)> path)
    {
        IEnumerable<string> placed = path.Take(12).Reverse().Select(item => $"    {item.Step.Operation}");
        IEnumerable<string> open = _operations
            .Except(path.Select(item => item.Step.Operation))
            .Take(12)
            .Select(operation => $"    {operation}");
        return $"no order explains {step?.Operation.ToString() ?? "the end"}\n  last placed:\n{string.Join('\n', placed)}\n"
            + $"  state then: {state}\n  not placed:\n{string.Join('\n', open)}";
    }

    private readonly record struct Attempt(OperationSet Done, GroupState State);
}
