namespace Etcd.Mvcc;

/// <summary>Chooses keys while history is read.</summary>
/// <param name="key">The key; valid during the call.</param>
public delegate bool KeyFilter(ReadOnlySpan<byte> key);
