namespace Etcd.Api.Http.Probes;

/// <summary>One thing that a probe looks at.</summary>
/// <param name="Name">Its name in paths and replies.</param>
/// <param name="RunAsync">Looks; the result says what is wrong, <see langword="null"/> for nothing.</param>
internal sealed record ProbeCheck(string Name, Func<CancellationToken, ValueTask<string?>> RunAsync);
