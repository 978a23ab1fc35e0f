namespace Etcd.LoadGenerator.Comparing;

/// <summary>One piece of work on a large store.</summary>
/// <param name="Work">What was done.</param>
/// <param name="Subject">What it cost the server or tool in question; the median of the rounds.</param>
/// <param name="Reference">What it cost the other.</param>
internal sealed record LargeStoreFigure(string Work, WorkCost Subject, WorkCost Reference);

/// <summary>Time and memory of a piece of work.</summary>
/// <param name="Time">How long it took.</param>
/// <param name="ResidentBytes">Memory of the process at its end; of a tool that has ended, the most it had.</param>
/// <param name="AnonymousBytes">The part of it that is no mapped file, and that the system cannot take back.</param>
internal readonly record struct WorkCost(TimeSpan Time, long ResidentBytes, long AnonymousBytes)
{
    public static WorkCost MedianOf(IReadOnlyList<WorkCost> costs) => new(
        TimeSpan.FromSeconds(CaseMedians.Middle(costs.Select(cost => cost.Time.TotalSeconds))),
        (long)CaseMedians.Middle(costs.Select(cost => (double)cost.ResidentBytes)),
        (long)CaseMedians.Middle(costs.Select(cost => (double)cost.AnonymousBytes)));
}
