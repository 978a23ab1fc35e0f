using Etcd.V2.Tree;

namespace Etcd.V2.Events;

/// <summary>What a read shows below a directory. It holds the immutable directory itself; the children are written out straight from it.</summary>
/// <param name="Directory">The directory.</param>
/// <param name="IsRecursive">Whether directories below are listed too.</param>
/// <param name="NowNanoseconds">Unix time in nanoseconds of the read, for the TTL of children.</param>
public sealed record Listing(V2Node Directory, bool IsRecursive, long NowNanoseconds);
