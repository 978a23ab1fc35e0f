namespace Etcd.Bolt;

/// <summary>A condition that this library itself guarantees did not hold. The database must not be written any further.</summary>
public sealed class InvariantViolationException : Exception
{
    internal InvariantViolationException(string condition)
        : base($"invariant violated: {condition}")
    {
    }
}
