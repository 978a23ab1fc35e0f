namespace Etcd.Simulation.Checkers;

/// <summary>A set of operations by their numbers. Immutable.</summary>
internal readonly struct OperationSet : IEquatable<OperationSet>
{
    private readonly ulong[] _bits;
    private readonly int _hash;

    public OperationSet(int count)
        : this(new ulong[(count + 63) / 64])
    {
    }

    private OperationSet(ulong[] bits)
    {
        _bits = bits;
        var hash = default(HashCode);
        foreach (ulong word in bits)
        {
            hash.Add(word);
        }

        _hash = hash.ToHashCode();
    }

    public OperationSet With(int number) => Flip(number);

    public OperationSet Without(int number) => Flip(number);

    public bool Equals(OperationSet other) => _hash == other._hash && _bits.AsSpan().SequenceEqual(other._bits);

    public override bool Equals(object? obj) => obj is OperationSet other && Equals(other);

    public override int GetHashCode() => _hash;

    private OperationSet Flip(int number)
    {
        ulong[] bits = [.. _bits];
        bits[number / 64] ^= 1UL << (number % 64);
        return new OperationSet(bits);
    }
}
