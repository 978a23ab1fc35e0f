using static Etcd.Protocol.Rpc.Compare.Types;

namespace Etcd.Simulation.Checkers;

/// <summary>One comparison of a transaction.</summary>
/// <param name="Key">The key inside the group.</param>
/// <param name="Target">What of it is compared: its value (only for equal or not), version or mod revision.</param>
/// <param name="Result">How the key is to stand to the operand.</param>
/// <param name="Operand">Number of a write for a value, else a version or a revision.</param>
internal sealed record Condition(int Key, CompareTarget Target, CompareResult Result, long Operand)
{
    /// <summary>Whether it holds. A key that does not exist has version and mod revision 0, and no value that could be compared.</summary>
    public bool HoldsFor(KeyState key)
    {
        if (Target == CompareTarget.Value)
        {
            return key.Value != 0 && (key.Value == Operand) == (Result == CompareResult.Equal);
        }

        long actual = Target == CompareTarget.Version ? key.Version : key.ModRevision;
        return Result switch
        {
            CompareResult.Equal => actual == Operand,
            CompareResult.NotEqual => actual != Operand,
            CompareResult.Greater => actual > Operand,
            _ => actual < Operand,
        };
    }

    public override string ToString() => $"k{Key}.{Target} {Result} {Operand}";
}
