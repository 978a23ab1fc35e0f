namespace Etcdctl.Top;

/// <summary>A cluster between two looks at it.</summary>
/// <param name="At">When the second look was.</param>
/// <param name="Elapsed">Time between the two.</param>
/// <param name="Members">The members at the second look, with what they did since the first.</param>
/// <param name="HotPrefixes">Keys that changed most in between.</param>
internal sealed record ClusterSample(
    DateTimeOffset At, TimeSpan Elapsed, IReadOnlyList<(MemberSample Sample, MemberRates Rates)> Members, IReadOnlyList<HotPrefix> HotPrefixes)
{
    /// <summary>Newest index of the log that a member told of.</summary>
    public ulong NewestIndex => Members.Max(member => member.Sample.Status?.RaftIndex ?? 0);
}
