using System.Text;

using Etcd.Testing;

namespace Etcd.Lease.Tests;

/// <summary>A lessor on a manual clock and records in memory.</summary>
internal sealed class LeaseFixture
{
    public LeaseFixture(LessorOptions? options = null)
    {
        Options = options ?? new LessorOptions();
        Lessor = new Lessor(Records, Clock, Options);
    }

    public static LeaseFixture Primary(LessorOptions? options = null)
    {
        var fixture = new LeaseFixture(options);
        fixture.Lessor.Promote(TimeSpan.Zero);
        return fixture;
    }

    public ManualTimeProvider Clock { get; } = new();

    public MemoryLeaseRecords Records { get; } = new();

    public LessorOptions Options { get; }

    public Lessor Lessor { get; private set; }

    public long Grant(long id, long ttlSeconds)
    {
        Assert.Equal(LeaseGrantOutcome.Granted, Lessor.Grant(id, ttlSeconds, out long granted));
        return granted;
    }

    public void Attach(long id, string key) => Lessor.Attach(id, Key(key));

    public string[] Revoke(long id)
    {
        Assert.True(Lessor.Revoke(id, out IReadOnlyList<ReadOnlyMemory<byte>> keys));
        return Texts(keys);
    }

    public string[] KeysOf(long id) => Texts(Lessor.TimeToLive(id, withKeys: true)!.Keys);

    public void Advance(double seconds) => Clock.Advance(TimeSpan.FromSeconds(seconds));

    public void Restart()
    {
        Lessor = new Lessor(Records, Clock, Options);
        Lessor.Recover();
    }

    public static ReadOnlyMemory<byte> Key(string text) => Encoding.UTF8.GetBytes(text);

    private static string[] Texts(IReadOnlyList<ReadOnlyMemory<byte>> keys) =>
        [.. keys.Select(key => Encoding.UTF8.GetString(key.Span))];
}
