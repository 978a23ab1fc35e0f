namespace Etcd.Simulation.Checkers;

/// <summary>A transaction on one group of keys: what is done when all conditions hold, and what otherwise.</summary>
/// <remarks>A branch that deletes also writes, so that the history tells which branch a transaction with an unknown outcome took. No key is
/// changed twice.</remarks>
internal sealed record Transaction(IReadOnlyList<Condition> Conditions, IReadOnlyList<TransactionStep> Then, IReadOnlyList<TransactionStep> Else)
{
    /// <summary>Numbers of all values that it could write, in both branches.</summary>
    public IEnumerable<long> Values => Then.Concat(Else).SelectMany(static step => step switch
    {
        TransactionStep.Put put => [put.Value],
        TransactionStep.Nested nested => nested.Transaction.Values,
        _ => Array.Empty<long>(),
    });

    /// <summary>Carries it out on a copy of the keys.</summary>
    /// <param name="keys">State of the group; changed to the state after it.</param>
    /// <param name="revision">Revision of what it writes.</param>
    public TransactionOutcome Run(KeyState[] keys, long revision)
    {
        var outcome = new TransactionOutcome();
        Run([.. keys], keys, revision, outcome);
        return outcome;
    }

    public override string ToString() =>
        $"if {string.Join(" and ", Conditions)} then {string.Join("; ", Then)} else {string.Join("; ", Else)}";

    private void Run(ReadOnlySpan<KeyState> before, KeyState[] keys, long revision, TransactionOutcome outcome)
    {
        bool holds = true;
        foreach (Condition condition in Conditions)
        {
            holds &= condition.HoldsFor(before[condition.Key]);
        }

        outcome.Path.Add(holds);
        foreach (TransactionStep step in holds ? Then : Else)
        {
            switch (step)
            {
                case TransactionStep.Put put:
                    KeyState old = keys[put.Key];
                    keys[put.Key] = new KeyState(put.Value, old.Version + 1, revision);
                    outcome.AddPut(put.Value, old);
                    break;
                case TransactionStep.Delete delete:
                    outcome.AddDelete(keys.AsSpan(delete.First..(delete.Last + 1)));
                    keys.AsSpan(delete.First..(delete.Last + 1)).Clear();
                    break;
                case TransactionStep.Nested nested:
                    nested.Transaction.Run(before, keys, revision, outcome);
                    break;
                default:
                    outcome.AddRead(keys);
                    break;
            }
        }
    }
}
