namespace Etcd.Mvcc;

/// <summary>What bucket <c>meta</c> says about compactions.</summary>
/// <param name="Scheduled">Revision last asked for, -1 when none was.</param>
/// <param name="Finished">Revision up to which the file has been cleaned, -1 when none.</param>
internal readonly record struct CompactionMarks(long Scheduled, long Finished)
{
    /// <summary>Key of <see cref="Scheduled"/>.</summary>
    public static readonly byte[] ScheduledKey = "scheduledCompactRev"u8.ToArray();

    /// <summary>Key of <see cref="Finished"/>.</summary>
    public static readonly byte[] FinishedKey = "finishedCompactRev"u8.ToArray();

    /// <summary>Reads both.</summary>
    /// <exception cref="CorruptBackendException">One is not a revision.</exception>
    public static CompactionMarks Read(in BackendView view) => new(Read(view, ScheduledKey), Read(view, FinishedKey));

    /// <summary>The stored form of a mark.</summary>
    public static byte[] Encode(long revision)
    {
        byte[] encoded = new byte[Revision.SizeBytes];
        new Revision(revision, 0).WriteTo(encoded);
        return encoded;
    }

    private static long Read(in BackendView view, byte[] key)
    {
        if (!view.TryGet(BackendBucket.Meta, key, out ReadOnlySpan<byte> value))
        {
            return -1;
        }

        return Revision.TryRead(value, out Revision revision, out _)
            ? revision.Main
            : throw new CorruptBackendException($"bucket \"meta\": {System.Text.Encoding.UTF8.GetString(key)} is no revision");
    }
}
