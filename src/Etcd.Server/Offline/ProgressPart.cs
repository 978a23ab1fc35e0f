namespace Etcd.Server.Offline;

/// <summary>Progress of a part of some work, told as progress of the whole.</summary>
/// <param name="whole">Takes the share of the whole.</param>
/// <param name="from">Share of the whole at which the part begins, 0 to 1.</param>
/// <param name="to">Share of the whole at which it ends.</param>
internal sealed class ProgressPart(IProgress<double> whole, double from, double to) : IProgress<double>
{
    /// <summary>The part of a whole that may have nobody to tell.</summary>
    internal static ProgressPart? Of(IProgress<double>? whole, double from, double to) => whole is null ? null : new ProgressPart(whole, from, to);

    /// <inheritdoc />
    public void Report(double value) => whole.Report(from + (value * (to - from)));
}
