namespace Etcd.Hosting.Settings;

/// <summary>A feature that <c>--feature-gates</c> switches.</summary>
/// <param name="Name">Its name in etcd.</param>
/// <param name="IsBeta">Whether it is of stage beta; the others are alpha.</param>
/// <param name="IsOn">Its default.</param>
/// <param name="Flag">The flag of etcd 3.5 that switches the same; <see langword="null"/> when there is none.</param>
/// <param name="Set">Switches a feature that has no flag; <see langword="null"/> where nothing is to be switched.</param>
internal sealed record FeatureGate(string Name, bool IsBeta, bool IsOn, string? Flag, Action<MemberSettings, bool>? Set = null);
