namespace Etcd.Simulation.Checkers;

/// <summary>One operation inside of a transaction.</summary>
internal abstract record TransactionStep
{
    private TransactionStep()
    {
    }

    /// <summary>Writes a key, and tells what it was before.</summary>
    public sealed record Put(int Key, long Value) : TransactionStep
    {
        public override string ToString() => $"k{Key}={Value}";
    }

    /// <summary>Deletes keys from the first to the last, and tells what they were before.</summary>
    public sealed record Delete(int First, int Last) : TransactionStep
    {
        public override string ToString() => $"delete k{First}..k{Last}";
    }

    /// <summary>Reads all keys of the group, as the steps before it have left them.</summary>
    public sealed record Read : TransactionStep
    {
        public override string ToString() => "read";
    }

    /// <summary>A transaction of its own. Its conditions are decided on the state before the outermost one.</summary>
    public sealed record Nested(Transaction Transaction) : TransactionStep
    {
        public override string ToString() => $"({Transaction})";
    }
}
