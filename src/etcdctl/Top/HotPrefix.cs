namespace Etcdctl.Top;

/// <summary>Keys with a common beginning that change much.</summary>
/// <param name="Prefix">The beginning.</param>
/// <param name="ChangesPerSecond">Changes seen.</param>
internal sealed record HotPrefix(string Prefix, double ChangesPerSecond);
