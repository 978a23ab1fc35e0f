namespace Etcd.Server.Offline.Inspection;

/// <summary>Something wrong in a data directory.</summary>
/// <param name="File">The file.</param>
/// <param name="Offset">Where in it, in bytes; <see langword="null"/> where only the record is known, which the problem then names.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="IsTorn">A crash explains it, and the member's next start mends it; anything else is damage.</param>
public sealed record CheckFinding(string File, long? Offset, string Problem, bool IsTorn);
