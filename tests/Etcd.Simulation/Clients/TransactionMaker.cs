using Etcd.Simulation.Checkers;
using Etcd.Simulation.Schedule;

using static Etcd.Protocol.Rpc.Compare.Types;

namespace Etcd.Simulation.Clients;

/// <summary>Draws transactions: several conditions, writes, deletions and reads in either branch, and transactions inside of them.</summary>
internal sealed class TransactionMaker(SimulatedWorld world, SimulationRandom random)
{
    /// <summary>Draws one.</summary>
    /// <param name="knownValues">For each key of the group the number of the value that the client saw last.</param>
    public Transaction Draw(IReadOnlyList<long> knownValues) => Draw(knownValues, 0, isNested: false);

    // It changes keys from the first on; those before it are left to the one it is in, as no key may be changed twice.
    private Transaction Draw(IReadOnlyList<long> knownValues, int first, bool isNested) => new(
        [.. Enumerable.Range(0, random.Below(3)).Select(_ => DrawCondition(knownValues))],
        DrawBranch(knownValues, first, isNested),
        DrawBranch(knownValues, first, isNested));

    private Condition DrawCondition(IReadOnlyList<long> knownValues)
    {
        int key = random.Below(knownValues.Count);
        return random.Below(3) switch
        {
            0 => new Condition(
                key, CompareTarget.Value, random.Percent(70) ? CompareResult.Equal : CompareResult.NotEqual, Math.Max(1, knownValues[key])),
            1 => new Condition(key, CompareTarget.Version, DrawResult(), random.Below(4)),
            _ => new Condition(key, CompareTarget.Mod, DrawResult(), Math.Max(0, world.History.CompleteUpTo - random.Below(6))),
        };
    }

    private CompareResult DrawResult() => random.Pick([CompareResult.Equal, CompareResult.NotEqual, CompareResult.Greater, CompareResult.Less]);

    private List<TransactionStep> DrawBranch(IReadOnlyList<long> knownValues, int first, bool isNested)
    {
        List<TransactionStep> steps = [.. Enumerable.Range(0, random.Below(3)).Select(static _ => new TransactionStep.Read())];
        int rest = first;
        if (random.Percent(70))
        {
            rest = random.Between(first, knownValues.Count - 1) + 1;
            for (int key = first; key < rest; key++)
            {
                Insert(steps, new TransactionStep.Put(key, world.NextValue()));
            }

            if (rest < knownValues.Count && random.Percent(50))
            {
                Insert(steps, new TransactionStep.Delete(rest, knownValues.Count - 1));
                rest = knownValues.Count;
            }
        }

        if (!isNested && rest < knownValues.Count && random.Percent(50))
        {
            Insert(steps, new TransactionStep.Nested(Draw(knownValues, rest, isNested: true)));
        }

        return steps;
    }

    private void Insert(List<TransactionStep> steps, TransactionStep step) => steps.Insert(random.Below(steps.Count + 1), step);
}
