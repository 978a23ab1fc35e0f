namespace Etcd.LoadGenerator.Comparing;

/// <summary>One server's figures with a full store.</summary>
/// <param name="FillTime">Time to write all keys.</param>
/// <param name="AfterFill">Resident bytes right after filling.</param>
/// <param name="RestartedPeak">Most resident bytes of the restarted server.</param>
/// <param name="AfterRestart">Resident bytes of the restarted server when it became ready.</param>
/// <param name="AfterReads">Resident bytes of the restarted server after reads all over the store.</param>
/// <param name="ReadyAfter">Time from process start to serving, with all keys there.</param>
internal sealed record MemoryResult(
    TimeSpan FillTime, long AfterFill, long RestartedPeak, long AfterRestart, long AfterReads, TimeSpan ReadyAfter);
