using System.Text;

namespace Etcd.Lease.Tests;

public class GrantAndRevokeTests
{
    private readonly LeaseFixture _leases = LeaseFixture.Primary();

    [Fact]
    public void Grant_NewId_ExistsAndIsStored()
    {
        long granted = _leases.Grant(7, 60);

        Assert.Equal(60, granted);
        Assert.True(_leases.Lessor.Exists(7));
        Assert.Equal(new LeaseRecord(7, 60, 0), _leases.Records.Records[7]);
    }

    // Seen on etcd 3.5.30: a TTL of 1, 0 or -5 is granted as 2.
    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(-5)]
    public void Grant_TtlBelowMinimum_IsRaisedAndStoredRaised(long ttl)
    {
        long granted = _leases.Grant(7, ttl);

        Assert.Equal(2, granted);
        Assert.Equal(2, _leases.Records.Records[7].GrantedTtlSeconds);
    }

    [Fact]
    public void Grant_LongestTtl_IsGranted() => Assert.Equal(9_000_000_000, _leases.Grant(7, 9_000_000_000));

    [Fact]
    public void Grant_TtlAboveMaximum_IsRefused()
    {
        LeaseGrantOutcome outcome = _leases.Lessor.Grant(7, 9_000_000_001, out _);

        Assert.Equal(LeaseGrantOutcome.TtlTooLarge, outcome);
        Assert.False(_leases.Lessor.Exists(7));
        Assert.Empty(_leases.Records.Records);
    }

    [Fact]
    public void Grant_IdThatExists_IsRefusedAndKeepsTheFirst()
    {
        _leases.Grant(7, 60);

        LeaseGrantOutcome outcome = _leases.Lessor.Grant(7, 100, out _);

        Assert.Equal(LeaseGrantOutcome.AlreadyExists, outcome);
        Assert.Equal(60, _leases.Records.Records[7].GrantedTtlSeconds);
    }

    [Fact]
    public void Grant_IdZero_IsRefused() =>
        Assert.Equal(LeaseGrantOutcome.IdMissing, _leases.Lessor.Grant(0, 60, out _));

    // Seen on etcd 3.5.30.
    [Fact]
    public void Grant_NegativeId_IsGranted() => Assert.Equal(60, _leases.Grant(-7, 60));

    [Fact]
    public void Revoke_LeaseWithKeys_ReturnsThemAscendingByBytesAndDeletesTheRecord()
    {
        _leases.Grant(7, 60);
        foreach (string key in new[] { "b", "ä", "a/2", "a", "B", "a/10" })
        {
            _leases.Attach(7, key);
        }

        string[] keys = _leases.Revoke(7);

        Assert.Equal(["B", "a", "a/10", "a/2", "b", "ä"], keys);
        Assert.False(_leases.Lessor.Exists(7));
        Assert.Empty(_leases.Records.Records);
    }

    [Fact]
    public void Revoke_UnknownLease_IsRefused()
    {
        Assert.False(_leases.Lessor.Revoke(7, out IReadOnlyList<ReadOnlyMemory<byte>> keys));
        Assert.Empty(keys);
    }

    [Fact]
    public void Revoke_ThenGrantSameId_StartsWithoutKeys()
    {
        _leases.Grant(7, 60);
        _leases.Attach(7, "a");
        _leases.Revoke(7);

        _leases.Grant(7, 60);

        Assert.Empty(_leases.KeysOf(7));
        Assert.Equal(0, _leases.Lessor.LeaseOf("a"u8));
    }

    [Fact]
    public void Attach_KeyOfAnotherLease_MovesIt()
    {
        _leases.Grant(7, 60);
        _leases.Grant(8, 60);
        _leases.Attach(7, "a");

        _leases.Attach(8, "a");

        Assert.Equal(8, _leases.Lessor.LeaseOf("a"u8));
        Assert.Empty(_leases.KeysOf(7));
        Assert.Equal(["a"], _leases.KeysOf(8));
    }

    [Fact]
    public void Attach_UnknownLease_IsIgnored()
    {
        _leases.Attach(7, "a");

        Assert.Equal(0, _leases.Lessor.LeaseOf("a"u8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Detach_EveryKey_LeavesTheLeaseWithoutKeys(int count)
    {
        _leases.Grant(7, 60);
        string[] keys = [.. Enumerable.Range(0, count).Select(i => $"key{i}")];
        foreach (string key in keys)
        {
            _leases.Attach(7, key);
            _leases.Attach(7, key);
        }

        Assert.Equal(keys, _leases.KeysOf(7));
        foreach (string key in keys)
        {
            _leases.Lessor.Detach(7, LeaseFixture.Key(key));
            _leases.Lessor.Detach(7, LeaseFixture.Key(key));
            Assert.Equal(0, _leases.Lessor.LeaseOf(Encoding.UTF8.GetBytes(key)));
        }

        Assert.Empty(_leases.KeysOf(7));
    }

    [Fact]
    public void Detach_FromALeaseItDoesNotHangOn_ChangesNothing()
    {
        _leases.Grant(7, 60);
        _leases.Grant(8, 60);
        _leases.Attach(7, "a");

        _leases.Lessor.Detach(8, LeaseFixture.Key("a"));

        Assert.Equal(7, _leases.Lessor.LeaseOf("a"u8));
        Assert.Equal(["a"], _leases.KeysOf(7));
    }

    [Fact]
    public void TimeToLive_UnknownLease_IsNull() => Assert.Null(_leases.Lessor.TimeToLive(7, withKeys: true));

    [Fact]
    public void TimeToLive_KeysNotAskedFor_AreLeftOut()
    {
        _leases.Grant(7, 60);
        _leases.Attach(7, "a");

        Assert.Empty(_leases.Lessor.TimeToLive(7, withKeys: false)!.Keys);
    }

    // Seen on etcd 3.5.30: remaining 8999999999 of 9000000000 right after the grant.
    [Fact]
    public void TimeToLive_FractionOfASecondGone_IsRoundedDown()
    {
        _leases.Grant(7, 60);
        _leases.Advance(0.1);

        LeaseInfo info = _leases.Lessor.TimeToLive(7, withKeys: false)!;

        Assert.Equal(59, info.RemainingTtlSeconds);
        Assert.Equal(60, info.GrantedTtlSeconds);
    }

    // Seen on etcd 3.5.30: the list comes soonest deadline first.
    [Fact]
    public void Leases_Several_AreListedSoonestDeadlineFirst()
    {
        _leases.Grant(5, 100);
        _leases.Grant(9, 50);
        _leases.Grant(-7, 100);

        Assert.Equal([9, -7, 5], _leases.Lessor.Leases());
    }
}
