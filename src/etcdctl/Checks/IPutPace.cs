namespace Etcdctl.Checks;

/// <summary>Says when the next put of a check is due. Any thread.</summary>
internal interface IPutPace
{
    /// <summary>How much of the work is done, 0 to 1.</summary>
    double Done { get; }

    /// <summary>Waits until a put is due.</summary>
    /// <returns><see langword="false"/> when there is none left.</returns>
    ValueTask<bool> NextAsync(CancellationToken cancellationToken);
}
