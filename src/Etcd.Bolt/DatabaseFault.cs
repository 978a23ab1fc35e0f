namespace Etcd.Bolt;

/// <summary>Something wrong in a database file.</summary>
/// <param name="Offset">Where, in bytes from the file's beginning.</param>
/// <param name="Message">What, in one sentence.</param>
/// <param name="IsTorn">A loss of power explains it, and the next commit mends it; anything else is damage.</param>
public readonly record struct DatabaseFault(long Offset, string Message, bool IsTorn = false);
