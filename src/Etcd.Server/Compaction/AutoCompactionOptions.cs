namespace Etcd.Server.Compaction;

/// <summary>How old revisions are compacted without being asked.</summary>
/// <param name="Mode">What <paramref name="Period"/> and <paramref name="Revisions"/> mean.</param>
/// <param name="Period">Age up to which revisions are kept, in <see cref="AutoCompactionMode.Periodic"/>.</param>
/// <param name="Revisions">Number of revisions kept, in <see cref="AutoCompactionMode.Revision"/>.</param>
public sealed record AutoCompactionOptions(AutoCompactionMode Mode, TimeSpan Period, long Revisions)
{
    /// <summary>Nothing is compacted unless asked.</summary>
    public static AutoCompactionOptions Off { get; } = new(AutoCompactionMode.Off, TimeSpan.Zero, 0);
}

/// <summary>Rule by which revisions are compacted without being asked.</summary>
public enum AutoCompactionMode
{
    /// <summary>Never.</summary>
    Off,

    /// <summary>By age.</summary>
    Periodic,

    /// <summary>By number.</summary>
    Revision,
}
