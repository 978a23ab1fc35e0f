namespace Etcd.Raft.Tests.Encoding;

/// <summary>Arbitrary records from a random source, with extreme numbers among them.</summary>
internal static class RaftSamples
{
    private static readonly ulong[] Extremes = [0, 1, 127, 128, uint.MaxValue, long.MaxValue, ulong.MaxValue];

    public static RaftMessage Message(Random random) => new()
    {
        Type = (MessageType)random.Next(24),
        To = Number(random),
        From = Number(random),
        Term = Number(random),
        LogTerm = Number(random),
        Index = Number(random),
        Entries = Enumerable.Range(0, random.Next(4)).Select(_ => Entry(random)).ToArray(),
        Commit = Number(random),
        Snapshot = random.Next(2) == 0 ? null : Snapshot(random),
        Reject = random.Next(2) == 0,
        RejectHint = Number(random),
        Context = Bytes(random),
    };

    public static Entry Entry(Random random) =>
        new(Number(random), Number(random), (EntryType)random.Next(3), Bytes(random));

    public static ConfChange ConfChange(Random random) =>
        new((ConfChangeType)random.Next(4), Number(random), Bytes(random), Number(random));

    public static ConfChangeV2 ConfChangeV2(Random random) => new()
    {
        Transition = (ConfChangeTransition)random.Next(3),
        Changes = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new ConfChangeSingle((ConfChangeType)random.Next(4), Number(random)))],
        Context = Bytes(random),
    };

    private static Snapshot Snapshot(Random random)
    {
        var confState = new ConfState
        {
            Voters = Numbers(random),
            Learners = Numbers(random),
            VotersOutgoing = Numbers(random),
            LearnersNext = Numbers(random),
            AutoLeave = random.Next(2) == 0,
        };
        return new Snapshot(new SnapshotMetadata(1 + (Number(random) >> 1), Number(random), confState), Bytes(random));
    }

    private static ulong[] Numbers(Random random) => [.. Enumerable.Range(0, random.Next(4)).Select(_ => Number(random))];

    private static ulong Number(Random random) =>
        random.Next(2) == 0 ? Extremes[random.Next(Extremes.Length)] : (ulong)random.NextInt64() >> random.Next(64);

    private static byte[] Bytes(Random random)
    {
        byte[] bytes = new byte[random.Next(3) * random.Next(100)];
        random.NextBytes(bytes);
        return bytes;
    }
}
