namespace Etcd.Simulation.Checkers;

/// <summary>A call or a return in the order in which they happened.</summary>
internal sealed class Step(Operation operation, int number, bool isCall)
{
    public Operation Operation => operation;

    public int Number => number;

    public bool IsCall => isCall;

    public Step? Previous { get; set; }

    public Step? Next { get; set; }

    /// <summary>The return of a call; <see langword="null"/> when the outcome is unknown.</summary>
    public Step? Return { get; set; }
}

/// <summary>The calls and returns of all operations that have no place yet, in their order; taking one out and putting it back is cheap.</summary>
internal sealed class PendingList
{
    private readonly Step _head;

    public PendingList(IReadOnlyList<Operation> operations)
    {
        var steps = new List<(long At, Step Step)>();
        for (int i = 0; i < operations.Count; i++)
        {
            var call = new Step(operations[i], i, isCall: true);
            steps.Add((operations[i].Call, call));
            if (operations[i].IsKnown)
            {
                call.Return = new Step(operations[i], i, isCall: false);
                steps.Add((operations[i].Return, call.Return));
            }
        }

        steps.Sort(static (one, other) => one.At.CompareTo(other.At));
        _head = new Step(new Operation { Client = "-", Group = 0, Kind = OperationKind.Read, Target = "-", Call = 0 }, -1, isCall: false);
        Step last = _head;
        foreach ((_, Step step) in steps)
        {
            last.Next = step;
            step.Previous = last;
            last = step;
        }
    }

    public Step? First => _head.Next;

    /// <summary>Takes a call and its return out.</summary>
    public static void Lift(Step call)
    {
        Remove(call);
        if (call.Return is { } end)
        {
            Remove(end);
        }
    }

    /// <summary>Puts back what <see cref="Lift"/> took out last.</summary>
    public static void Unlift(Step call)
    {
        if (call.Return is { } end)
        {
            Restore(end);
        }

        Restore(call);
    }

    private static void Remove(Step step)
    {
        step.Previous!.Next = step.Next;
        step.Next?.Previous = step.Previous;
    }

    private static void Restore(Step step)
    {
        step.Previous!.Next = step;
        step.Next?.Previous = step;
    }
}
